package dev.weir.client;

import java.util.List;
import java.util.Map;

/** What one statement of a script did. */
public sealed interface StatementResult {

  /** Which statement, such as {@code CREATE STREAM}. */
  String statement();

  /** DDL and the like: one line of what was done. */
  record Done(String statement, String message) implements StatementResult {}

  /** SHOW and DESCRIBE: a table of texts. */
  record Table(String statement, List<String> columns, List<List<String>> rows) implements StatementResult {}

  /** EXPLAIN: text to print as it is. */
  record Text(String statement, String text) implements StatementResult {}

  /** A SELECT that ended by itself. */
  record Rows(String statement, Schema schema, List<Map<String, Object>> rows) implements StatementResult {}

  static StatementResult of(dev.weir.v1.StatementResult wire) {
    return switch (wire.getResultCase()) {
      case TABLE ->
          new Table(
              wire.getStatement(),
              List.copyOf(wire.getTable().getColumnsList()),
              wire.getTable().getRowsList().stream().map(row -> List.<String>copyOf(row.getCellsList())).toList());
      case TEXT -> new Text(wire.getStatement(), wire.getText());
      case ROWS ->
          new Rows(
              wire.getStatement(),
              Schema.of(wire.getRows().getSchema()),
              wire.getRows().getBatch().getRowsList().stream()
                  .map(row -> Values.readRow(wire.getRows().getSchema().getColumnsList(), row.getValuesList()))
                  .toList());
      default -> new Done(wire.getStatement(), wire.getMessage());
    };
  }
}
