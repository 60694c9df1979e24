package dev.weir.client;

import dev.weir.v1.ExecuteRequest;
import dev.weir.v1.ExecuteResponse;
import dev.weir.v1.ExplainRequest;
import dev.weir.v1.IngestServiceGrpc;
import dev.weir.v1.QueryRequest;
import dev.weir.v1.QueryServiceGrpc;
import dev.weir.v1.SnapshotMode;
import dev.weir.v1.SubscribeRequest;
import dev.weir.v1.SubscriptionServiceGrpc;
import dev.weir.v1.ValidateRequest;
import dev.weir.v1.Value;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ConnectivityState;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** The client of one server: SQL in, typed rows out. Safe for several threads. */
public final class WeirClient implements AutoCloseable {
  /** Rows may be wide; a batch of them is about 256 KiB. */
  private static final int RECEIVE_BYTES_MAX = 64 * 1024 * 1024;

  private static final long KEEPALIVE_SECONDS = 60;
  private static final long STATE_LOOK_MILLIS = 10;

  /** How a server is reached. Begin with {@link WeirClient#at}. */
  public static final class Builder {
    private final String address;
    private ChannelCredentials credentials = InsecureChannelCredentials.create();
    private Optional<Supplier<String>> token = Optional.empty();
    private Duration connectTimeout = Duration.ofSeconds(10);
    private Duration callTimeout = Duration.ofSeconds(30);
    private Map<String, String> settings = Map.of();

    private Builder(String address) {
      this.address = address;
    }

    /** Such as {@code TlsChannelCredentials.newBuilder().trustManager(ca).keyManager(certificate, key).build()}. */
    public Builder credentials(ChannelCredentials given) {
      credentials = given;
      return this;
    }

    /** Sent as {@code authorization: Bearer …} with each call, and asked for each time. */
    public Builder token(Supplier<String> given) {
      token = Optional.of(given);
      return this;
    }

    /** Time to reach the server. */
    public Builder connectTimeout(Duration given) {
      connectTimeout = given;
      return this;
    }

    /** Time for one answer; streams have none. */
    public Builder callTimeout(Duration given) {
      callTimeout = given;
      return this;
    }

    /** Settings of the session, as SET makes them. */
    public Builder settings(Map<String, String> given) {
      settings = Map.copyOf(given);
      return this;
    }

    /** Throws an {@link IOException} when the server can't be reached in time. */
    public WeirClient connect() throws IOException, InterruptedException {
      ManagedChannel channel =
          Grpc.newChannelBuilder(address, credentials)
              .maxInboundMessageSize(RECEIVE_BYTES_MAX)
              .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
              .defaultServiceConfig(serviceConfig())
              .enableRetry()
              .build();
      long endNanos = System.nanoTime() + connectTimeout.toNanos();
      while (channel.getState(true) != ConnectivityState.READY) {
        if (System.nanoTime() > endNanos) {
          channel.shutdownNow();
          throw new IOException("can't reach a server at " + address + " within " + connectTimeout.toMillis() + " ms");
        }
        channel.resetConnectBackoff();
        Thread.sleep(STATE_LOOK_MILLIS);
      }
      return new WeirClient(channel, this);
    }
  }

  private final ManagedChannel channel;
  private final Channel calls;
  private final Duration callTimeout;
  private final ScheduledExecutorService timers;
  private volatile Map<String, String> settings;

  private WeirClient(ManagedChannel channel, Builder builder) {
    this.channel = channel;
    this.calls = builder.token.map(token -> ClientInterceptors.intercept(channel, withToken(token))).orElse(channel);
    this.callTimeout = builder.callTimeout;
    this.settings = builder.settings;
    this.timers =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "weir-silence");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** A server at {@code host:port}. */
  public static Builder at(String address) {
    return new Builder(address);
  }

  /** A server at {@code host:port}, as {@link #at} without options. */
  public static WeirClient connect(String address) throws IOException, InterruptedException {
    return at(address).connect();
  }

  /** Settings of the session: those given at first, changed by every SET that {@link #execute} has run. */
  public Map<String, String> settings() {
    return settings;
  }

  /** Ends the connection, and what runs over it. */
  @Override
  public void close() {
    timers.shutdownNow();
    channel.shutdownNow();
  }

  /** Runs a script; stops at the first statement that fails (WeirException with diagnostics). */
  public List<StatementResult> execute(String sql, Object... parameters) {
    return execute(callTimeout, sql, parameters);
  }

  /** As {@link #execute(String, Object...)}, with a deadline of its own. */
  public List<StatementResult> execute(Duration timeout, String sql, Object... parameters) {
    ExecuteRequest request =
        ExecuteRequest.newBuilder().setSql(sql).addAllParameters(written(parameters)).putAllSettings(settings).build();
    ExecuteResponse answer = answer(() -> queries(timeout).execute(request));
    settings = Map.copyOf(answer.getSettingsMap());
    return answer.getResultsList().stream().map(StatementResult::of).toList();
  }

  /** Everything that is wrong with a text, without running it. */
  public List<Diagnostic> validate(String sql) {
    ValidateRequest request = ValidateRequest.newBuilder().setSql(sql).build();
    return answer(() -> queries(callTimeout).validate(request)).getDiagnosticsList().stream()
        .map(WeirClient::diagnosticOf)
        .toList();
  }

  /** How one statement would run. */
  public String explain(String sql, Object... parameters) {
    ExplainRequest request =
        ExplainRequest.newBuilder().setSql(sql).addAllParameters(written(parameters)).putAllSettings(settings).build();
    return answer(() -> queries(callTimeout).explain(request)).getText();
  }

  /** One SELECT or PRINT. It is sent when the result is iterated. */
  public Results query(String sql, Object... parameters) {
    return query(Optional.empty(), sql, parameters);
  }

  /** As {@link #query(String, Object...)}, with a time after which it is cancelled. */
  public Results query(Duration timeout, String sql, Object... parameters) {
    return query(Optional.of(timeout), sql, parameters);
  }

  private Results query(Optional<Duration> timeout, String sql, Object... parameters) {
    QueryRequest request =
        QueryRequest.newBuilder().setSql(sql).addAllParameters(written(parameters)).putAllSettings(settings).build();
    QueryServiceGrpc.QueryServiceBlockingStub stub =
        timeout.map(this::queries).orElseGet(() -> QueryServiceGrpc.newBlockingStub(calls));
    return new Results(
        () -> {
          Decoder decoder = new Decoder();
          return Results.Call.start(() -> stub.query(request), decoder::decode);
        });
  }

  /** Results of a materialized view; connects again by itself and goes on where it was. */
  public Subscription subscribe(String name) {
    return subscribe(name, Subscription.Options.defaults());
  }

  /** As {@link #subscribe(String)}, from a token or without a snapshot. */
  public Subscription subscribe(String name, Subscription.Options options) {
    SnapshotMode mode = options.snapshot() ? SnapshotMode.SNAPSHOT_MODE_INCLUDE : SnapshotMode.SNAPSHOT_MODE_SKIP;
    return new Subscription(
        token -> {
          SubscribeRequest.Builder request = SubscribeRequest.newBuilder().setName(name);
          token.ifPresentOrElse(request::setResumeToken, () -> request.setSnapshot(mode));
          Decoder decoder = new Decoder();
          reconnect();
          return Results.Call.start(
              () -> SubscriptionServiceGrpc.newBlockingStub(calls).subscribe(request.build()), decoder::decode);
        },
        timers,
        options);
  }

  /** A writer of records: flush it, and close it. */
  public IngestWriter ingest(String stream) {
    return ingest(stream, IngestWriter.Options.defaults());
  }

  /** As {@link #ingest(String)}, under a name of its own or with other sizes. */
  public IngestWriter ingest(String stream, IngestWriter.Options options) {
    return new IngestWriter(
        stream,
        acknowledgements -> {
          reconnect();
          return IngestServiceGrpc.newStub(calls).ingest(acknowledgements);
        },
        options);
  }

  /** The channel waits for up to two minutes between its attempts; who tries again has waited by itself. */
  private void reconnect() {
    channel.resetConnectBackoff();
  }

  private QueryServiceGrpc.QueryServiceBlockingStub queries(Duration timeout) {
    return QueryServiceGrpc.newBlockingStub(calls).withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static <T> T answer(Supplier<T> call) {
    try {
      return call.get();
    } catch (StatusRuntimeException error) {
      throw WeirException.of(error);
    }
  }

  private static List<Value> written(Object[] parameters) {
    return Arrays.stream(parameters).map(Values::write).toList();
  }

  private static Diagnostic diagnosticOf(dev.weir.v1.Diagnostic wire) {
    return new Diagnostic(
        wire.getCode(),
        switch (wire.getSeverity()) {
          case SEVERITY_WARNING -> Diagnostic.Severity.WARNING;
          case SEVERITY_NOTE -> Diagnostic.Severity.NOTE;
          default -> Diagnostic.Severity.ERROR;
        },
        wire.getMessage(),
        wire.getHint().isEmpty() ? Optional.empty() : Optional.of(wire.getHint()),
        wire.getSpan().getLine(),
        wire.getSpan().getColumn(),
        wire.getSpan().getStart(),
        wire.getSpan().getEnd() - wire.getSpan().getStart());
  }

  private static ClientInterceptor withToken(Supplier<String> token) {
    Metadata.Key<String> authorization = Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    return new ClientInterceptor() {
      @Override
      public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
          @Override
          public void start(Listener<R> listener, Metadata headers) {
            headers.put(authorization, "Bearer " + token.get());
            super.start(listener, headers);
          }
        };
      }
    };
  }

  /** Reads are tried again when the server is away for a moment; a script may have run, so it is not. */
  private static Map<String, Object> serviceConfig() {
    Stream<Map<String, Object>> reads =
        Stream.of("Validate", "Explain", "ListQueries", "DescribeQuery", "AnalyzeQuery")
            .map(method -> Map.of("service", "weir.v1.QueryService", "method", method));
    List<Map<String, Object>> names =
        Stream.concat(Stream.of(Map.<String, Object>of("service", "weir.v1.CatalogService")), reads).toList();
    Map<String, Object> retry =
        Map.of(
            "maxAttempts", 4.0,
            "initialBackoff", "0.1s",
            "maxBackoff", "1s",
            "backoffMultiplier", 2.0,
            "retryableStatusCodes", List.of("UNAVAILABLE"));
    return Map.of("methodConfig", List.of(Map.of("name", names, "retryPolicy", retry)));
  }
}
