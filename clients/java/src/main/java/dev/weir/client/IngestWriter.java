package dev.weir.client;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonPrimitive;
import com.google.gson.JsonSerializer;
import com.google.protobuf.ByteString;
import dev.weir.v1.IngestRecord;
import dev.weir.v1.IngestRequest;
import dev.weir.v1.IngestResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/**
 * Writes records to a stream, with acknowledgements, and again after a break: nothing lost, nothing doubled, as long as the writer
 * lives. Safe for several threads.
 *
 * <p>Every record has a sequence; what is not acknowledged is kept, and sent again on the next connection with the same sequences. The
 * server leaves out what it already has, so an acknowledgement that was lost does no harm.
 */
public final class IngestWriter implements AutoCloseable {
  /**
   * Who writes and how much waits.
   *
   * @param producerId names the sequence; a producer that starts again under its name gives {@code firstSequence}
   * @param batchRecordsMax records in one request
   * @param requestsInFlightMax requests without an acknowledgement; {@link IngestWriter#write} blocks beyond
   * @param reconnectAttemptsMax without any acknowledgement between them
   */
  public record Options(
      String producerId, long firstSequence, int batchRecordsMax, int requestsInFlightMax, int reconnectAttemptsMax) {
    /** A random producer, 500 records a request, 8 requests in flight, no limit of attempts. */
    public static Options defaults() {
      return new Options(UUID.randomUUID().toString(), 0, 500, 8, Integer.MAX_VALUE);
    }

    /** These, but of a producer with a name and a position of its own. */
    public Options producer(String id, long sequence) {
      return new Options(id, sequence, batchRecordsMax, requestsInFlightMax, reconnectAttemptsMax);
    }

    /** These, with other sizes. */
    public Options sizes(int recordsMax, int inFlightMax) {
      return new Options(producerId, firstSequence, recordsMax, inFlightMax, reconnectAttemptsMax);
    }
  }

  /** Half of what a server takes in one message by default. */
  private static final int BATCH_BYTES_MAX = 2 * 1024 * 1024;

  /** Decimals as their digits, times as texts, bytes in base64. */
  private static final Gson JSON =
      new GsonBuilder()
          .serializeNulls()
          .disableHtmlEscaping()
          .registerTypeAdapter(BigDecimal.class, plainDigits())
          .registerTypeAdapter(Instant.class, text())
          .registerTypeAdapter(LocalDate.class, text())
          .registerTypeAdapter(LocalTime.class, text())
          .registerTypeAdapter(
              byte[].class,
              (JsonSerializer<byte[]>) (bytes, type, as) -> new JsonPrimitive(Base64.getEncoder().encodeToString(bytes)))
          .create();

  private final String stream;
  private final Function<StreamObserver<IngestResponse>, StreamObserver<IngestRequest>> open;
  private final Options options;

  private final ArrayDeque<IngestRequest> pending = new ArrayDeque<>();
  private List<IngestRecord> batch = new ArrayList<>();
  private int batchBytes;
  /** How many of the pending requests this call was given. */
  private int sent;

  private long nextSequence;
  private long appended;
  private long duplicates;
  private RuntimeException failure;
  private boolean closed;
  private Thread sender;

  IngestWriter(
      String stream,
      Function<StreamObserver<IngestResponse>, StreamObserver<IngestRequest>> open,
      Options options) {
    this.stream = stream;
    this.open = open;
    this.options = options;
    this.nextSequence = options.firstSequence();
  }

  /** Records that the server has appended. */
  public synchronized long appended() {
    return appended;
  }

  /** Records that it had already. */
  public synchronized long duplicates() {
    return duplicates;
  }

  /** Sequence of the next record: what a producer stores to start again under its name. */
  public synchronized long nextSequence() {
    return nextSequence;
  }

  /** Bytes as they are, a text as its UTF-8, and anything else as JSON. */
  public void write(Object value) throws InterruptedException {
    write(value, null, null);
  }

  /**
   * Returns when there is room for more, not when the record is durable: that is {@link #flush}.
   *
   * @param key decides the partition; may be null
   * @param timestamp of the record; null: when it is appended
   */
  public synchronized void write(Object value, byte[] key, Instant timestamp) throws InterruptedException {
    IngestRecord.Builder record = IngestRecord.newBuilder().setValue(encode(value));
    if (key != null) {
      record.setKey(ByteString.copyFrom(key));
    }
    if (timestamp != null) {
      record.setTimestampMillis(timestamp.toEpochMilli());
    }
    while (failure == null && !closed && !hasRoom()) {
      wait();
    }
    check();
    if (isFull()) {
      endBatch();
    }
    batch.add(record.build());
    batchBytes += record.getValue().size();
    nextSequence += 1;
    if (sender == null) {
      sender = new Thread(this::run, "weir-ingest");
      sender.setDaemon(true);
      sender.start();
    }
    notifyAll();
  }

  /** Returns when every record written so far is durable. */
  public synchronized void flush() throws InterruptedException {
    while (failure == null && !isEmpty()) {
      wait();
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Flushes, then ends the call. */
  @Override
  public void close() throws InterruptedException {
    try {
      synchronized (this) {
        if (!closed && failure == null) {
          flush();
        }
      }
    } finally {
      Thread ending;
      synchronized (this) {
        closed = true;
        ending = sender;
        notifyAll();
      }
      if (ending != null) {
        ending.join();
      }
    }
  }

  private void check() {
    if (failure != null) {
      throw failure;
    }
    if (closed) {
      throw new IllegalStateException("the writer is closed");
    }
  }

  private boolean isFull() {
    return batch.size() >= options.batchRecordsMax() || batchBytes >= BATCH_BYTES_MAX;
  }

  private boolean hasRoom() {
    return pending.size() < options.requestsInFlightMax() || !isFull();
  }

  private boolean isEmpty() {
    return pending.isEmpty() && batch.isEmpty();
  }

  private void endBatch() {
    pending.add(
        IngestRequest.newBuilder()
            .setStream(stream)
            .setProducerId(options.producerId())
            .setSequence(nextSequence - batch.size())
            .addAllRecords(batch)
            .build());
    batch = new ArrayList<>();
    batchBytes = 0;
    notifyAll();
  }

  /**
   * What the call has not been given yet: a batch goes out as soon as there is room for its request, so that records wait for nothing
   * while the server keeps up, and gather while it does not.
   */
  private Optional<IngestRequest> nextRequest() {
    if (sent == pending.size()) {
      if (batch.isEmpty() || pending.size() >= options.requestsInFlightMax()) {
        return Optional.empty();
      }
      endBatch();
    }
    Iterator<IngestRequest> requests = pending.iterator();
    for (int i = 0; i < sent; i++) {
      requests.next();
    }
    sent += 1;
    return Optional.of(requests.next());
  }

  /** One call after the other, until the writer is closed or has failed. */
  private void run() {
    Backoff backoff = new Backoff();
    try {
      while (waitForWork()) {
        Call call = new Call(backoff);
        call.send(open.apply(call));
        synchronized (this) {
          sent = 0;
          if (closed) {
            return;
          }
          RuntimeException error = call.problem();
          if (!Subscription.isTransient(error) || backoff.attempts() >= options.reconnectAttemptsMax()) {
            failure = error;
            notifyAll();
            return;
          }
          long endNanos = System.nanoTime() + backoff.next() * 1_000_000;
          for (long left; !closed && (left = (endNanos - System.nanoTime()) / 1_000_000) > 0; ) {
            wait(left);
          }
        }
      }
    } catch (InterruptedException interrupted) {
      synchronized (this) {
        failure = new IllegalStateException("the writer was interrupted", interrupted);
        notifyAll();
      }
    }
  }

  private synchronized boolean waitForWork() throws InterruptedException {
    while (!closed && isEmpty()) {
      wait();
    }
    return !closed;
  }

  /** One call: takes acknowledgements while the thread of the writer sends. */
  private final class Call implements StreamObserver<IngestResponse> {
    private final Backoff backoff;
    private boolean over;
    private Throwable error;

    Call(Backoff backoff) {
      this.backoff = backoff;
    }

    /** Until the call is over, or the writer is closed. */
    void send(StreamObserver<IngestRequest> requests) throws InterruptedException {
      while (true) {
        Optional<IngestRequest> request;
        synchronized (IngestWriter.this) {
          request = Optional.empty();
          while (!over && !closed && (request = nextRequest()).isEmpty()) {
            IngestWriter.this.wait();
          }
        }
        if (request.isEmpty()) {
          if (!over) {
            requests.onCompleted();
          }
          return;
        }
        requests.onNext(request.get());
      }
    }

    RuntimeException problem() {
      if (error instanceof StatusRuntimeException refused) {
        return WeirException.of(refused);
      }
      // A server that ends the call by itself goes away.
      return WeirException.of(Status.UNAVAILABLE.withDescription("the server has ended the call").asRuntimeException());
    }

    @Override
    public void onNext(IngestResponse ack) {
      synchronized (IngestWriter.this) {
        pending.remove();
        sent -= 1;
        backoff.reset();
        appended += ack.getAppended();
        duplicates += ack.getDuplicates();
        IngestWriter.this.notifyAll();
      }
    }

    @Override
    public void onError(Throwable thrown) {
      synchronized (IngestWriter.this) {
        over = true;
        error = thrown;
        IngestWriter.this.notifyAll();
      }
    }

    @Override
    public void onCompleted() {
      synchronized (IngestWriter.this) {
        over = true;
        IngestWriter.this.notifyAll();
      }
    }
  }

  private static ByteString encode(Object value) {
    if (value instanceof byte[] bytes) {
      return ByteString.copyFrom(bytes);
    }
    return ByteString.copyFromUtf8(value instanceof String text ? text : JSON.toJson(value));
  }

  private static JsonSerializer<BigDecimal> plainDigits() {
    return (decimal, type, as) -> new JsonPrimitive(new BigDecimal(decimal.toPlainString()));
  }

  private static JsonSerializer<Object> text() {
    return (value, type, as) -> new JsonPrimitive(value.toString());
  }
}
