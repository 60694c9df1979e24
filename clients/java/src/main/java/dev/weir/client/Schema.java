package dev.weir.client;

import java.util.List;
import java.util.Optional;

/**
 * The columns of a result and how its rows change.
 *
 * @param key names of the columns that identify a row; empty when rows have no key
 * @param time name of the event-time column
 */
public record Schema(List<Column> columns, List<String> key, Optional<String> time, Mode mode) {

  /**
   * A column of a result.
   *
   * @param type as SQL writes it: {@code DECIMAL(12, 2)}
   */
  public record Column(String name, String type, boolean nullable) {}

  /** How rows change over time. */
  public enum Mode {
    /** Only inserts. */
    APPEND,
    /** Inserts, updates and deletes by key; an update may come as its new row alone. */
    UPSERT,
    /** Inserts, updates and deletes; each update comes with the row that it replaces. */
    RETRACT
  }

  static Schema of(dev.weir.v1.Schema wire) {
    List<Column> columns =
        wire.getColumnsList().stream()
            .map(column -> new Column(column.getName(), column.getType().getSql(), column.getNullable()))
            .toList();
    return new Schema(
        columns,
        wire.getKeyColumnsList().stream().map(index -> columns.get(index).name()).toList(),
        wire.hasTimeColumn() ? Optional.of(columns.get(wire.getTimeColumn()).name()) : Optional.empty(),
        switch (wire.getChangelogMode()) {
          case CHANGELOG_MODE_UPSERT -> Mode.UPSERT;
          case CHANGELOG_MODE_RETRACT -> Mode.RETRACT;
          default -> Mode.APPEND;
        });
  }
}
