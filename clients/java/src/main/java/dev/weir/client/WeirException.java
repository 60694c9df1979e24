package dev.weir.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What the server refused, or a call that broke: a gRPC status with its google.rpc details. */
public final class WeirException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final Pattern VIOLATION =
      Pattern.compile(
          "line (\\d+), column (\\d+), offset (\\d+), length (\\d+): ([A-Z0-9_]+): (.*?)(?: \\(hint: (.*)\\))?",
          Pattern.DOTALL);

  private final Status.Code status;
  private final String reason;
  private final boolean retry;
  private final transient Map<String, String> metadata;
  private final transient List<Diagnostic> diagnostics;

  private WeirException(StatusRuntimeException cause, Status.Code status, String message, Details details) {
    super(message, cause);
    this.status = status;
    this.reason = details.reason.isEmpty() ? status.name() : details.reason;
    this.metadata = details.metadata;
    this.diagnostics = details.diagnostics;
    this.retry =
        "true".equals(metadata.get("retry")) || status == Status.Code.UNAVAILABLE || wasReset(status, message, details);
  }

  static WeirException of(StatusRuntimeException cause) {
    String description = cause.getStatus().getDescription();
    Status.Code code = cause.getStatus().getCode();
    return new WeirException(cause, code, description == null ? code.name() : description, Details.of(cause));
  }

  /** Name of the gRPC status: {@code INVALID_ARGUMENT}, {@code NOT_FOUND}, {@code UNAVAILABLE} … */
  public String status() {
    return status.name();
  }

  /** Stable, such as {@code UNKNOWN_COLUMN}; the status when the server gave none. */
  public String reason() {
    return reason;
  }

  /** What to do about it. */
  public Optional<String> hint() {
    return Optional.ofNullable(metadata.get("hint"));
  }

  /** True when the same call may succeed later without a change. */
  public boolean retry() {
    return retry;
  }

  /** Of a statement that can't run; empty for other errors. */
  public List<Diagnostic> diagnostics() {
    return diagnostics;
  }

  /** Where a stream that was cut goes on. */
  public Optional<String> resumeToken() {
    return Optional.ofNullable(metadata.get("resume_token"));
  }

  /** Facts of the server about the error. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** For a terminal: every diagnostic with its line of the statement and carets under the place. */
  public String render(String sql) {
    if (diagnostics.isEmpty()) {
      return "error[" + reason + "]: " + getMessage() + hint().map(text -> "\nhint: " + text).orElse("");
    }
    return diagnostics.stream().map(diagnostic -> diagnostic.render(sql)).collect(Collectors.joining("\n\n"));
  }

  /** A stream that was reset, by a server that cut a slow reader or by a connection that broke, brings no details. */
  private static boolean wasReset(Status.Code status, String message, Details details) {
    boolean reset = status == Status.Code.INTERNAL || status == Status.Code.RESOURCE_EXHAUSTED;
    return reset && !details.given && (message.contains("RST_STREAM") || message.contains("ENHANCE_YOUR_CALM"));
  }

  private record Details(String reason, Map<String, String> metadata, List<Diagnostic> diagnostics, boolean given) {
    static Details of(StatusRuntimeException cause) {
      com.google.rpc.Status wire = StatusProto.fromThrowable(cause);
      String reason = "";
      Map<String, String> metadata = Map.of();
      List<Diagnostic> diagnostics = new ArrayList<>();
      List<Any> details = wire == null ? List.of() : wire.getDetailsList();
      try {
        for (Any detail : details) {
          if (detail.is(ErrorInfo.class)) {
            ErrorInfo info = detail.unpack(ErrorInfo.class);
            reason = info.getReason();
            metadata = Map.copyOf(info.getMetadataMap());
          } else if (detail.is(BadRequest.class)) {
            for (BadRequest.FieldViolation violation : detail.unpack(BadRequest.class).getFieldViolationsList()) {
              read(violation.getDescription()).ifPresent(diagnostics::add);
            }
          }
        }
      } catch (InvalidProtocolBufferException otherServer) {
        // Details of another server, or of a proxy: the status alone has to do.
        return new Details("", Map.of(), List.of(), false);
      }
      return new Details(reason, metadata, List.copyOf(diagnostics), !details.isEmpty());
    }

    private static Optional<Diagnostic> read(String description) {
      Matcher match = VIOLATION.matcher(description);
      if (!match.matches()) {
        return Optional.empty();
      }
      return Optional.of(
          new Diagnostic(
              match.group(5),
              Diagnostic.Severity.ERROR,
              match.group(6),
              Optional.ofNullable(match.group(7)),
              Integer.parseInt(match.group(1)),
              Integer.parseInt(match.group(2)),
              Integer.parseInt(match.group(3)),
              Integer.parseInt(match.group(4))));
    }
  }
}
