package dev.weir.client;

import java.time.Duration;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * A subscription that outlives its connection. The token of a batch is taken over together with its rows, and rows are given on only
 * batch by batch. So whatever breaks, the next call begins right after the last batch that was given on: nothing is lost and nothing
 * comes twice.
 */
public final class Subscription implements Iterable<Event.Change>, AutoCloseable {
  /**
   * Where a subscription begins and how long it tries.
   *
   * @param resumeToken continue right after the row that it came with
   * @param snapshot without a token: begin with the rows as they are now, or only with what changes from now on
   * @param reconnectAttemptsMax without any success between them, before the error is thrown
   * @param silenceTimeout after which the connection is taken for dead; the server sends a heartbeat each 15 s, unless it is
   *     configured otherwise
   * @param onReconnect told before each new attempt, with the error and the number of the attempt
   */
  public record Options(
      Optional<String> resumeToken,
      boolean snapshot,
      int reconnectAttemptsMax,
      Duration silenceTimeout,
      BiConsumer<RuntimeException, Integer> onReconnect) {

    /** With a snapshot, no limit of attempts, and a minute of silence. */
    public static Options defaults() {
      return new Options(Optional.empty(), true, Integer.MAX_VALUE, Duration.ofMinutes(1), (error, attempt) -> {});
    }

    /** These, but from a token on. */
    public Options from(String token) {
      return new Options(Optional.of(token), snapshot, reconnectAttemptsMax, silenceTimeout, onReconnect);
    }

    /** These, but only with what changes from now on. */
    public Options withoutSnapshot() {
      return new Options(resumeToken, false, reconnectAttemptsMax, silenceTimeout, onReconnect);
    }

    /** These, but with somebody who is told of each new attempt. */
    public Options onReconnect(BiConsumer<RuntimeException, Integer> told) {
      return new Options(resumeToken, snapshot, reconnectAttemptsMax, silenceTimeout, told);
    }
  }

  /** The server has said nothing at all for too long: the connection is taken for dead. */
  public static final class SilenceException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SilenceException(Duration after, Throwable cause) {
      super("the server has said nothing for " + after.toMillis() + " ms", cause);
    }
  }

  private final Function<Optional<String>, Results.Call> open;
  private final ScheduledExecutorService timers;
  private final Options options;
  private volatile Optional<String> resumeToken;
  private Results.Call call;
  private boolean closed;

  Subscription(Function<Optional<String>, Results.Call> open, ScheduledExecutorService timers, Options options) {
    this.open = open;
    this.timers = timers;
    this.options = options;
    this.resumeToken = options.resumeToken();
  }

  /** Where a later subscription goes on: after the last batch that {@link #events} has given. */
  public Optional<String> resumeToken() {
    return resumeToken;
  }

  /** Every change, one at a time. Use {@link #events} where the token has to be stored together with the rows. */
  @Override
  public Iterator<Event.Change> iterator() {
    return Results.changesOf(events());
  }

  /** Everything, until the subscription is closed. */
  public Iterator<Event> events() {
    return new Events();
  }

  /** Ends the iteration, from whichever thread. */
  @Override
  public synchronized void close() {
    closed = true;
    if (call != null) {
      call.close();
    }
    notifyAll();
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  /** Empty when the subscription is closed. */
  private synchronized Optional<Results.Call> connect() {
    if (closed) {
      return Optional.empty();
    }
    call = open.apply(resumeToken);
    return Optional.of(call);
  }

  private synchronized void pause(long millis) {
    try {
      long endNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
      for (long left = millis; left > 0 && !closed; left = TimeUnit.NANOSECONDS.toMillis(endNanos - System.nanoTime())) {
        wait(left);
      }
    } catch (InterruptedException interrupted) {
      closed = true;
      Thread.currentThread().interrupt();
    }
  }

  private final class Events extends Results.Steps<Event> {
    private final Backoff backoff = new Backoff();
    private Results.Call current;
    /** Rows without a token can't be continued after: a second call would begin again and give them twice. */
    private boolean resumable = true;

    @Override
    Optional<Event> advance() {
      while (true) {
        try {
          if (current == null) {
            Optional<Results.Call> next = connect();
            if (next.isEmpty()) {
              return Optional.empty();
            }
            current = next.get();
          }
          Optional<Event> event = nextOf(current);
          event.ifPresent(this::given);
          return event;
        } catch (RuntimeException error) {
          current = null;
          if (isClosed()) {
            return Optional.empty();
          }
          if (!resumable || !isTransient(error) || backoff.attempts() >= options.reconnectAttemptsMax()) {
            throw error;
          }
          options.onReconnect().accept(error, backoff.attempts() + 1);
          pause(backoff.next());
        }
      }
    }

    /** Timed only while it is read: when the consumer works on an event, silence is its doing and not the server's. */
    private Optional<Event> nextOf(Results.Call reading) {
      AtomicBoolean silent = new AtomicBoolean();
      ScheduledFuture<?> timer =
          timers.schedule(
              () -> {
                silent.set(true);
                reading.close();
              },
              options.silenceTimeout().toMillis(),
              TimeUnit.MILLISECONDS);
      try {
        return reading.hasNext() ? Optional.of(reading.next()) : Optional.empty();
      } catch (WeirException error) {
        throw silent.get() ? new SilenceException(options.silenceTimeout(), error) : error;
      } finally {
        timer.cancel(false);
      }
    }

    private void given(Event event) {
      // Not for the header alone: a call that breaks right after it would be tried again without a pause.
      if (!(event instanceof Event.Header)) {
        backoff.reset();
      }
      if (event instanceof Event.Batch batch) {
        resumable = resumable && batch.resumeToken().isPresent();
        batch.resumeToken().ifPresent(token -> resumeToken = Optional.of(token));
      } else if (event instanceof Event.Watermark watermark) {
        watermark.resumeToken().ifPresent(token -> resumeToken = Optional.of(token));
      }
    }
  }

  static boolean isTransient(RuntimeException error) {
    return error instanceof SilenceException || (error instanceof WeirException refused && refused.retry());
  }
}
