package dev.weir.client;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A step of a result. */
public sealed interface Event {

  /** First, once a call. */
  record Header(Schema schema, boolean continuous) implements Event {}

  /**
   * Rows, in order.
   *
   * @param snapshot the rows belong to the snapshot that a subscription begins with
   * @param resumeToken resuming with it goes on after the last of these; empty when the result can't be resumed
   */
  record Batch(List<Change> changes, boolean snapshot, Optional<String> resumeToken) implements Event {}

  /**
   * Everything before this event time has come.
   *
   * @param time empty: the input is finished
   */
  record Watermark(Optional<Instant> time, Optional<String> resumeToken) implements Event {}

  /** Nothing has happened for a while. */
  record Heartbeat() implements Event {}

  /** Last, when the result is complete. */
  record End(long rows, Duration elapsed) implements Event {}

  /**
   * A row and what it does to the result.
   *
   * @param row by column name, in the order of the columns; see {@link Values}
   */
  record Change(Kind kind, Map<String, Object> row, Optional<Instant> eventTime) {}

  /** What a row does to the result. */
  enum Kind {
    /** A new row. */
    INSERT("+I"),
    /** The row that an update replaces. */
    UPDATE_BEFORE("-U"),
    /** The row that an update leaves. */
    UPDATE_AFTER("+U"),
    /** The row is gone. */
    DELETE("-D");

    private final String symbol;

    Kind(String symbol) {
      this.symbol = symbol;
    }

    @Override
    public String toString() {
      return symbol;
    }
  }
}
