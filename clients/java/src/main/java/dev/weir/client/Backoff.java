package dev.weir.client;

import java.util.concurrent.ThreadLocalRandom;

/** Waiting times between attempts: they double up to a limit, with jitter, so that clients do not return all at once. */
final class Backoff {
  private static final long FIRST_MILLIS = 100;
  private static final long LONGEST_MILLIS = 5_000;
  /** Keeps the power small. */
  private static final int DOUBLINGS_MAX = 16;

  private int attempts;

  int attempts() {
    return attempts;
  }

  void reset() {
    attempts = 0;
  }

  /** Milliseconds to wait now. */
  long next() {
    long full = Math.min(LONGEST_MILLIS, FIRST_MILLIS << Math.min(attempts, DOUBLINGS_MAX));
    attempts += 1;
    return full / 2 + ThreadLocalRandom.current().nextLong(full / 2);
  }
}
