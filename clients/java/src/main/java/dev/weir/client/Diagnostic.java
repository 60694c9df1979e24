package dev.weir.client;

import java.util.Optional;

/**
 * Something wrong with a text, and where.
 *
 * @param code stable, such as {@code UNKNOWN_COLUMN}
 * @param line from 1
 * @param column from 1
 * @param offset in UTF-16 units, as {@link String} counts
 * @param length in UTF-16 units
 */
public record Diagnostic(
    String code,
    Severity severity,
    String message,
    Optional<String> hint,
    int line,
    int column,
    int offset,
    int length) {

  /** How bad it is. */
  public enum Severity {
    /** The statement can't run. */
    ERROR,
    /** The statement runs, perhaps not as meant. */
    WARNING,
    /** Good to know. */
    NOTE
  }

  String render(String sql) {
    int start = offset - (column - 1);
    int newline = sql.indexOf('\n', offset);
    String text = sql.substring(start, newline == -1 ? sql.length() : newline);
    text = text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
    String margin = " ".repeat(String.valueOf(line).length());
    // Tabs stay tabs in the padding, so that the carets stand under their text at any tab width.
    String padding = text.substring(0, column - 1).replaceAll("[^\t]", " ");
    String carets = "^".repeat(Math.max(1, Math.min(length, text.length() - (column - 1))));
    return String.join(
            "\n",
            "error[" + code + "]: " + message,
            " --> line " + line + ", column " + column,
            margin + " |",
            line + " | " + text,
            margin + " | " + padding + carets)
        + hint.map(hintText -> "\nhint: " + hintText).orElse("");
  }
}
