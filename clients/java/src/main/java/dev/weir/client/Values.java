package dev.weir.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.NullValue;
import dev.weir.v1.Column;
import dev.weir.v1.ListValue;
import dev.weir.v1.Type;
import dev.weir.v1.Value;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * SQL values and what they are in Java. Nothing is rounded:
 *
 * <p>BOOLEAN {@link Boolean} · INT {@link Integer} · BIGINT {@link Long} · DOUBLE {@link Double} · DECIMAL {@link BigDecimal} ·
 * STRING {@link String} · BYTES {@code byte[]} · DATE {@link LocalDate} · TIME {@link LocalTime} · TIMESTAMP {@link Instant} ·
 * INTERVAL {@link Duration} · JSON {@link String}, the text · ARRAY {@link List} · MAP {@link Map} · STRUCT {@link Map} by the names
 * of its fields · NULL {@code null}
 */
public final class Values {
  private static final long MICROS_PER_SECOND = 1_000_000;
  private static final int NANOS_PER_MICRO = 1_000;

  private Values() {}

  static Map<String, Object> readRow(List<Column> columns, List<Value> values) {
    Map<String, Object> row = new LinkedHashMap<>();
    for (int i = 0; i < columns.size(); i++) {
      row.put(columns.get(i).getName(), i < values.size() ? read(values.get(i), columns.get(i).getType()) : null);
    }
    return row;
  }

  private static Object read(Value value, Type type) {
    return switch (value.getKindCase()) {
      case KIND_NOT_SET, NULL_VALUE -> null;
      case BOOL_VALUE -> value.getBoolValue();
      case INT64_VALUE -> {
        if (type.getKind() == Type.Kind.KIND_INT) {
          yield Math.toIntExact(value.getInt64Value());
        }
        yield value.getInt64Value();
      }
      case DOUBLE_VALUE -> value.getDoubleValue();
      case DECIMAL_VALUE -> new BigDecimal(value.getDecimalValue());
      case STRING_VALUE -> value.getStringValue();
      case BYTES_VALUE -> value.getBytesValue().toByteArray();
      case TIMESTAMP_MICROS -> instantOf(value.getTimestampMicros());
      case DATE_DAYS -> LocalDate.ofEpochDay(value.getDateDays());
      case TIME_MICROS -> LocalTime.ofNanoOfDay(value.getTimeMicros() * NANOS_PER_MICRO);
      case INTERVAL_MILLIS -> Duration.ofMillis(value.getIntervalMillis());
      case JSON_VALUE -> value.getJsonValue();
      case LIST_VALUE -> {
        List<Object> items = new ArrayList<>();
        value.getListValue().getValuesList().forEach(item -> items.add(read(item, type.getElement())));
        yield items;
      }
      case MAP_VALUE -> {
        Map<Object, Object> entries = new LinkedHashMap<>();
        value
            .getMapValue()
            .getEntriesList()
            .forEach(e -> entries.put(read(e.getKey(), type.getKey()), read(e.getValue(), type.getElement())));
        yield entries;
      }
      case STRUCT_VALUE -> readRow(type.getFieldsList(), value.getStructValue().getValuesList());
    };
  }

  static Instant instantOf(long micros) {
    return Instant.ofEpochSecond(
        Math.floorDiv(micros, MICROS_PER_SECOND), Math.floorMod(micros, MICROS_PER_SECOND) * NANOS_PER_MICRO);
  }

  /** Microseconds since the epoch; what is finer is cut off. */
  public static long microsOf(Instant instant) {
    // ChronoUnit.MICROS.between counts nanoseconds first, and overflows after the year 2262.
    return Math.addExact(
        Math.multiplyExact(instant.getEpochSecond(), MICROS_PER_SECOND), instant.getNano() / NANOS_PER_MICRO);
  }

  /** The value of $1, $2, …, with the type of its Java value. */
  static Value write(Object value) {
    Value.Builder written = Value.newBuilder();
    if (value == null) {
      written.setNullValue(NullValue.NULL_VALUE);
    } else if (value instanceof Boolean bool) {
      written.setBoolValue(bool);
    } else if (value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte) {
      written.setInt64Value(((Number) value).longValue());
    } else if (value instanceof Double || value instanceof Float) {
      written.setDoubleValue(((Number) value).doubleValue());
    } else if (value instanceof BigDecimal decimal) {
      written.setDecimalValue(decimal.toPlainString());
    } else if (value instanceof String text) {
      written.setStringValue(text);
    } else if (value instanceof byte[] bytes) {
      written.setBytesValue(ByteString.copyFrom(bytes));
    } else if (value instanceof Instant instant) {
      written.setTimestampMicros(microsOf(instant));
    } else if (value instanceof LocalDate date) {
      written.setDateDays(Math.toIntExact(date.toEpochDay()));
    } else if (value instanceof LocalTime time) {
      written.setTimeMicros(time.toNanoOfDay() / NANOS_PER_MICRO);
    } else if (value instanceof Duration duration) {
      written.setIntervalMillis(duration.toMillis());
    } else if (value instanceof List<?> items) {
      ListValue.Builder list = ListValue.newBuilder();
      items.forEach(item -> list.addValues(write(item)));
      written.setListValue(list);
    } else {
      throw new IllegalArgumentException("can't send a " + value.getClass().getName() + " as a parameter");
    }
    return written.build();
  }
}
