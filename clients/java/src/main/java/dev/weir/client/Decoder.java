package dev.weir.client;

import dev.weir.v1.QueryResponse;
import dev.weir.v1.ResultEnd;
import dev.weir.v1.ResultHeader;
import dev.weir.v1.RowBatch;
import dev.weir.v1.SubscribeResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The events of one call. A batch that came in parts is one event: its token holds for all of it or nothing. */
final class Decoder {
  /** A row without an event time. */
  private static final long NO_TIME = Long.MIN_VALUE;

  private List<dev.weir.v1.Column> columns = List.of();
  private List<Event.Change> parts = new ArrayList<>();

  /** Empty for what is no event (yet). */
  Optional<Event> decode(QueryResponse response) {
    return switch (response.getEventCase()) {
      case HEADER -> Optional.of(header(response.getHeader()));
      case BATCH -> batch(response.getBatch());
      case WATERMARK -> Optional.of(watermark(response.getWatermark()));
      case HEARTBEAT -> Optional.of(new Event.Heartbeat());
      case END -> Optional.of(end(response.getEnd()));
      case EVENT_NOT_SET -> Optional.empty();
    };
  }

  /** As a QueryResponse: the fields are the same, the types are not. */
  Optional<Event> decode(SubscribeResponse response) {
    return switch (response.getEventCase()) {
      case HEADER -> Optional.of(header(response.getHeader()));
      case BATCH -> batch(response.getBatch());
      case WATERMARK -> Optional.of(watermark(response.getWatermark()));
      case HEARTBEAT -> Optional.of(new Event.Heartbeat());
      case END -> Optional.of(end(response.getEnd()));
      case EVENT_NOT_SET -> Optional.empty();
    };
  }

  private Event header(ResultHeader header) {
    columns = header.getSchema().getColumnsList();
    return new Event.Header(Schema.of(header.getSchema()), header.getContinuous());
  }

  private Optional<Event> batch(RowBatch batch) {
    for (int i = 0; i < batch.getRowsCount(); i++) {
      Event.Kind kind = batch.getChangesCount() > i ? kindOf(batch.getChanges(i)) : Event.Kind.INSERT;
      long micros = batch.getEventTimeMicrosCount() > i ? batch.getEventTimeMicros(i) : NO_TIME;
      Optional<Instant> time = micros == NO_TIME ? Optional.empty() : Optional.of(Values.instantOf(micros));
      parts.add(new Event.Change(kind, Values.readRow(columns, batch.getRows(i).getValuesList()), time));
    }
    if (batch.getPartial()) {
      return Optional.empty();
    }
    List<Event.Change> changes = parts;
    parts = new ArrayList<>();
    return Optional.of(new Event.Batch(changes, batch.getSnapshot(), textOf(batch.getResumeToken())));
  }

  private static Event watermark(dev.weir.v1.Watermark wire) {
    Optional<Instant> time =
        wire.getEndOfTime() ? Optional.empty() : Optional.of(Values.instantOf(wire.getTimeMicros()));
    return new Event.Watermark(time, textOf(wire.getResumeToken()));
  }

  private static Event end(ResultEnd end) {
    return new Event.End(end.getRows(), Duration.ofMillis(end.getElapsedMillis()));
  }

  private static Event.Kind kindOf(dev.weir.v1.ChangeKind kind) {
    return switch (kind) {
      case CHANGE_KIND_UPDATE_BEFORE -> Event.Kind.UPDATE_BEFORE;
      case CHANGE_KIND_UPDATE_AFTER -> Event.Kind.UPDATE_AFTER;
      case CHANGE_KIND_DELETE -> Event.Kind.DELETE;
      default -> Event.Kind.INSERT;
    };
  }

  private static Optional<String> textOf(String text) {
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }
}
