package dev.weir.client.conformance;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import dev.weir.client.Diagnostic;
import dev.weir.client.Event;
import dev.weir.client.IngestWriter;
import dev.weir.client.Schema;
import dev.weir.client.StatementResult;
import dev.weir.client.Subscription;
import dev.weir.client.Values;
import dev.weir.client.WeirClient;
import dev.weir.client.WeirException;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** Runs the cases of clients/conformance with the Java client: {@code Driver ADDRESS CASES}. */
public final class Driver {
  /** Without an acknowledgement for so long, a writer takes no more. */
  private static final long BLOCKED_MILLIS = 500;
  /** A row that comes twice would come within it. */
  private static final long DOUBLES_MILLIS = 300;
  private static final long UNTIL_MILLIS = 20_000;

  private static final Gson JSON = new GsonBuilder().serializeNulls().disableHtmlEscaping().create();
  private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

  private final String address;
  private final BufferedReader answers = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
  private final Map<String, String> tokens = new HashMap<>();
  private WeirClient client;

  private Driver(String address) throws Exception {
    this.address = address;
    this.client = connect();
  }

  /** Address of the server and path of the cases. */
  public static void main(String[] args) throws Exception {
    Driver driver = new Driver(args[0]);
    JsonObject file = JsonParser.parseString(Files.readString(Path.of(args[1]))).getAsJsonObject();
    for (JsonElement one : file.getAsJsonArray("cases")) {
      JsonArray steps = one.getAsJsonObject().getAsJsonArray("steps");
      for (int index = 0; index < steps.size(); index++) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("case", one.getAsJsonObject().get("name").getAsString());
        line.put("step", index);
        line.put("result", driver.attempt(steps.get(index).getAsJsonObject()));
        OUT.println(JSON.toJson(line));
      }
    }
    driver.client.close();
    System.exit(0);
  }

  private WeirClient connect() throws Exception {
    return WeirClient.at(address).connectTimeout(Duration.ofMillis(UNTIL_MILLIS)).connect();
  }

  /** Of whoever runs the server; the answer comes when it is done. */
  private void ask(String action) throws Exception {
    OUT.println(JSON.toJson(Map.of("server", action)));
    answers.readLine();
  }

  private Object attempt(JsonObject step) {
    try {
      return switch (textOf(step, "do")) {
        case "execute" -> execute(step);
        case "query" -> query(step);
        case "subscribe" -> subscribe(step);
        case "ingest" -> ingest(step);
        case "validate" -> Map.of("diagnostics", diagnostics(client.validate(sql(step))));
        case "explain" -> Map.of("text", client.explain(sql(step)));
        case "server" -> server(step);
        case "fill" -> fill(step);
        case "follow" -> follow(step);
        case "slow" -> slow(step);
        case "stalled" -> stalled(step);
        default -> Map.of("unknown", textOf(step, "do"));
      };
    } catch (WeirException error) {
      Map<String, Object> shown = new LinkedHashMap<>();
      shown.put("status", error.status());
      shown.put("reason", error.reason());
      shown.put("retry", error.retry());
      shown.put("message", error.getMessage());
      shown.put("hint", error.hint().orElse(null));
      shown.put("diagnostics", diagnostics(error.diagnostics()));
      return Map.of("error", shown);
    } catch (Exception error) {
      return Map.of("crash", error.toString());
    }
  }

  private Object execute(JsonObject step) {
    Duration timeout = timeout(step).orElse(Duration.ofSeconds(30));
    List<Object> results = new ArrayList<>();
    for (StatementResult result : client.execute(timeout, sql(step), parameters(step))) {
      Map<String, Object> shown = new LinkedHashMap<>();
      shown.put("statement", result.statement());
      if (result instanceof StatementResult.Table table) {
        shown.put("kind", "table");
        shown.put("columns", table.columns());
        shown.put("rows", table.rows());
      } else if (result instanceof StatementResult.Text text) {
        shown.put("kind", "text");
        shown.put("text", text.text());
      } else if (result instanceof StatementResult.Rows rows) {
        shown.put("kind", "rows");
        showSchema(shown, rows.schema());
        shown.put("rows", rows.rows().stream().map(row -> showRow(rows.schema(), row)).toList());
      } else {
        shown.put("kind", "done");
      }
      results.add(shown);
    }
    return Map.of("results", results, "settings", client.settings());
  }

  private Object query(JsonObject step) {
    var results =
        timeout(step).isPresent()
            ? client.query(timeout(step).get(), sql(step), parameters(step))
            : client.query(sql(step), parameters(step));
    try (results) {
      return collect(results.events(), step);
    }
  }

  private Object subscribe(JsonObject step) {
    Subscription.Options options = Subscription.Options.defaults();
    if (step.has("from")) {
      options = options.from(tokens.get(textOf(step, "from")));
    }
    if (step.has("snapshot") && !step.get("snapshot").getAsBoolean()) {
      options = options.withoutSnapshot();
    }
    try (Subscription subscription = client.subscribe(textOf(step, "name"), options)) {
      Object result = collect(subscription.events(), step);
      if (step.has("store")) {
        tokens.put(textOf(step, "store"), subscription.resumeToken().orElseThrow());
      }
      return result;
    }
  }

  /** Up to so many changes, or to a watermark, or to the end. */
  private static Map<String, Object> collect(Iterator<Event> events, JsonObject step) {
    int take = step.has("take") ? step.get("take").getAsInt() : Integer.MAX_VALUE;
    boolean untilWatermark = step.has("untilWatermark");
    Map<String, Object> result = new LinkedHashMap<>();
    List<Object> changes = new ArrayList<>();
    int snapshot = 0;
    Schema schema = null;
    while (events.hasNext()) {
      Event event = events.next();
      if (event instanceof Event.Header header) {
        schema = header.schema();
        showSchema(result, schema);
        result.put("continuous", header.continuous());
      } else if (event instanceof Event.Batch batch) {
        for (Event.Change change : batch.changes()) {
          List<Object> shown = new ArrayList<>(List.of(change.kind().toString()));
          shown.addAll(showRow(schema, change.row()));
          changes.add(shown);
        }
        snapshot += batch.snapshot() ? batch.changes().size() : 0;
      } else if (event instanceof Event.Watermark watermark) {
        result.put("watermark", watermark.time().<Object>map(Instant::toEpochMilli).orElse("end"));
      } else if (event instanceof Event.End end) {
        result.put("end", end.rows());
      }
      if (changes.size() >= take && (!untilWatermark || result.containsKey("watermark"))) {
        break;
      }
    }
    result.put("changes", changes);
    result.put("snapshot", snapshot);
    return result;
  }

  private Object ingest(JsonObject step) throws Exception {
    IngestWriter.Options options = IngestWriter.Options.defaults();
    if (step.has("producerId")) {
      options = options.producer(textOf(step, "producerId"), step.has("firstSequence") ? number(step, "firstSequence") : 0);
    }
    IngestWriter writer = client.ingest(textOf(step, "stream"), options);
    try (writer) {
      for (JsonElement record : step.getAsJsonArray("records")) {
        writer.write(valueFrom(record));
      }
    }
    return Map.of(
        "appended", writer.appended(), "duplicates", writer.duplicates(), "nextSequence", writer.nextSequence());
  }

  private Object server(JsonObject step) throws Exception {
    String action = textOf(step, "action");
    ask(action);
    if (!action.equals("pause") && !action.equals("continue")) {
      client.close();
      client = connect();
    }
    return Map.of();
  }

  private Object fill(JsonObject step) throws Exception {
    String pad = "x".repeat(number(step, "bytes"));
    IngestWriter writer = client.ingest(textOf(step, "stream"));
    try (writer) {
      for (int id = 0; id < number(step, "count"); id++) {
        writer.write(Map.of("id", id, "pad", pad));
      }
    }
    return Map.of("appended", writer.appended());
  }

  /** A writer and a reader go on while the server is killed under them. */
  private Object follow(JsonObject step) throws Exception {
    Map<Object, Integer> times = new ConcurrentHashMap<>();
    AtomicInteger reconnects = new AtomicInteger();
    AtomicReference<Exception> failure = new AtomicReference<>();
    Subscription.Options options =
        Subscription.Options.defaults().onReconnect((error, attempt) -> reconnects.incrementAndGet());
    Subscription subscription = client.subscribe(textOf(step, "name"), options);
    Thread reader =
        new Thread(
            () -> {
              try {
                subscription.forEach(change -> times.merge(change.row().get("id"), 1, Integer::sum));
              } catch (RuntimeException error) {
                failure.set(error);
              }
            });
    reader.start();
    int count = number(step, "count");
    int each = -Math.floorDiv(-count, number(step, "restarts") + 1);
    IngestWriter writer =
        client.ingest(textOf(step, "stream"), IngestWriter.Options.defaults().sizes(number(step, "batch"), 8));
    try (writer) {
      for (int id = 0; id < count; id++) {
        if (id > 0 && id % each == 0) {
          ask("kill");
        }
        writer.write(Map.of("id", id));
      }
    }
    long end = System.currentTimeMillis() + UNTIL_MILLIS;
    while (times.size() < count && System.currentTimeMillis() < end && failure.get() == null) {
      Thread.sleep(10);
    }
    Thread.sleep(DOUBLES_MILLIS);
    subscription.close();
    reader.join(UNTIL_MILLIS);
    if (failure.get() != null) {
      throw failure.get();
    }
    return Map.of(
        "written", writer.appended() + writer.duplicates(),
        "rows", times.values().stream().mapToInt(Integer::intValue).sum(),
        "distinct", times.size(),
        "reconnects", reconnects.get());
  }

  /** A reader that takes nothing for a while is cut, and goes on. */
  private Object slow(JsonObject step) throws Exception {
    Set<Object> ids = new HashSet<>();
    int rows = 0;
    AtomicInteger reconnects = new AtomicInteger();
    Subscription.Options options =
        Subscription.Options.defaults().onReconnect((error, attempt) -> reconnects.incrementAndGet());
    try (Subscription subscription = client.subscribe(textOf(step, "name"), options)) {
      Iterator<Event> events = subscription.events();
      while (ids.size() < number(step, "count") && events.hasNext()) {
        if (events.next() instanceof Event.Batch batch) {
          if (ids.isEmpty()) {
            Thread.sleep(number(step, "stallMs"));
          }
          batch.changes().forEach(change -> ids.add(change.row().get("id")));
          rows += batch.changes().size();
        }
      }
    }
    return Map.of("rows", rows, "distinct", ids.size(), "reconnects", reconnects.get());
  }

  /** A writer that nobody answers takes only so much. */
  private Object stalled(JsonObject step) throws Exception {
    IngestWriter writer =
        client.ingest(
            textOf(step, "stream"),
            IngestWriter.Options.defaults().sizes(number(step, "batch"), number(step, "inFlight")));
    AtomicInteger accepted = new AtomicInteger();
    AtomicReference<Exception> failure = new AtomicReference<>();
    ask("pause");
    Thread writing =
        new Thread(
            () -> {
              try {
                for (int id = 0; id < number(step, "count"); id++) {
                  writer.write(Map.of("id", id));
                  accepted.incrementAndGet();
                }
              } catch (Exception error) {
                failure.set(error);
              }
            });
    writing.start();
    Thread.sleep(BLOCKED_MILLIS);
    int blockedAt = accepted.get();
    ask("continue");
    writing.join(UNTIL_MILLIS);
    writer.close();
    if (failure.get() != null) {
      throw failure.get();
    }
    return Map.of("accepted", blockedAt, "appended", writer.appended());
  }

  private static void showSchema(Map<String, Object> into, Schema schema) {
    into.put("columns", schema.columns().stream().map(column -> List.of(column.name(), column.type())).toList());
    into.put("key", schema.key());
    into.put("time", schema.time().orElse(null));
    into.put("mode", schema.mode().name().toLowerCase());
  }

  private static List<Object> showRow(Schema schema, Map<String, Object> row) {
    List<Object> shown = new ArrayList<>();
    schema.columns().forEach(column -> shown.add(showTyped(row.get(column.name()), column.type())));
    return shown;
  }

  /** A MAP and a STRUCT are both a Map. */
  private static Object showTyped(Object value, String type) {
    if (!type.startsWith("MAP<") || value == null) {
      return show(value);
    }
    List<Object> entries = new ArrayList<>();
    ((Map<?, ?>) value).forEach((key, member) -> entries.add(List.of(show(key), show(member))));
    return Map.of("$map", entries);
  }

  /** A value as JSON, exact: integers and decimals as digits, bytes as hex digits, doubles that JSON lacks by name. */
  private static Object show(Object value) {
    if (value == null || value instanceof Boolean || value instanceof String) {
      return value;
    }
    if (value instanceof Integer || value instanceof Long) {
      return value.toString();
    }
    if (value instanceof Double number) {
      boolean plain = Double.isFinite(number) && !number.equals(-0.0);
      return plain ? number : number.equals(-0.0) ? "-0" : number.toString();
    }
    if (value instanceof BigDecimal decimal) {
      return decimal.toPlainString();
    }
    if (value instanceof byte[] bytes) {
      return "0x" + HexFormat.of().formatHex(bytes);
    }
    if (value instanceof Instant instant) {
      return String.valueOf(Values.microsOf(instant));
    }
    if (value instanceof LocalDate date) {
      return date.toString();
    }
    if (value instanceof LocalTime time) {
      boolean millis = time.getNano() % 1_000_000 == 0;
      return DateTimeFormatter.ofPattern(millis ? "HH:mm:ss.SSS" : "HH:mm:ss.SSSSSS").format(time);
    }
    if (value instanceof Duration duration) {
      return duration.toMillis();
    }
    if (value instanceof List<?> items) {
      return items.stream().map(Driver::show).collect(ArrayList::new, ArrayList::add, ArrayList::addAll);
    }
    if (value instanceof Map<?, ?> fields) {
      Map<Object, Object> shown = new LinkedHashMap<>();
      fields.forEach((name, member) -> shown.put(name, show(member)));
      return shown;
    }
    throw new IllegalArgumentException("no value of SQL: " + value.getClass());
  }

  private static List<Object> diagnostics(List<Diagnostic> diagnostics) {
    List<Object> shown = new ArrayList<>();
    for (Diagnostic diagnostic : diagnostics) {
      Map<String, Object> one = new LinkedHashMap<>();
      one.put("code", diagnostic.code());
      one.put("severity", diagnostic.severity().name().toLowerCase());
      one.put("message", diagnostic.message());
      one.put("hint", diagnostic.hint().orElse(null));
      one.put("line", diagnostic.line());
      one.put("column", diagnostic.column());
      one.put("offset", diagnostic.offset());
      one.put("length", diagnostic.length());
      shown.add(one);
    }
    return shown;
  }

  private static String sql(JsonObject step) {
    if (!step.get("sql").isJsonArray()) {
      return textOf(step, "sql");
    }
    List<String> lines = new ArrayList<>();
    step.getAsJsonArray("sql").forEach(line -> lines.add(line.getAsString()));
    return String.join("\n", lines);
  }

  private static Optional<Duration> timeout(JsonObject step) {
    return step.has("timeoutMs") ? Optional.of(Duration.ofMillis(number(step, "timeoutMs"))) : Optional.empty();
  }

  private static Object[] parameters(JsonObject step) {
    List<Object> values = new ArrayList<>();
    if (step.has("parameters")) {
      step.getAsJsonArray("parameters").forEach(parameter -> values.add(valueFrom(parameter)));
    }
    return values.toArray();
  }

  /** Values that JSON has no form for are objects with one member, which names the type. */
  private static Object valueFrom(JsonElement given) {
    if (given.isJsonNull()) {
      return null;
    }
    if (given.isJsonArray()) {
      List<Object> items = new ArrayList<>();
      given.getAsJsonArray().forEach(item -> items.add(valueFrom(item)));
      return items;
    }
    if (given.isJsonPrimitive()) {
      var primitive = given.getAsJsonPrimitive();
      return primitive.isBoolean() ? primitive.getAsBoolean() : primitive.isNumber() ? primitive.getAsLong() : primitive.getAsString();
    }
    JsonObject members = given.getAsJsonObject();
    if (members.has("$int")) {
      return members.get("$int").getAsLong();
    }
    if (members.has("$double")) {
      return members.get("$double").getAsDouble();
    }
    if (members.has("$decimal")) {
      return members.get("$decimal").getAsBigDecimal();
    }
    if (members.has("$timestampMillis")) {
      return Instant.ofEpochMilli(members.get("$timestampMillis").getAsLong());
    }
    if (members.has("$bytes")) {
      return HexFormat.of().parseHex(members.get("$bytes").getAsString());
    }
    Map<String, Object> fields = new LinkedHashMap<>();
    members.entrySet().forEach(member -> fields.put(member.getKey(), valueFrom(member.getValue())));
    return fields;
  }

  private static String textOf(JsonObject step, String name) {
    return step.get(name).getAsString();
  }

  private static int number(JsonObject step, String name) {
    return step.get(name).getAsInt();
  }
}
