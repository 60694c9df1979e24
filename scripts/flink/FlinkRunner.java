import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableResult;

/**
 * Runs scripts of Flink SQL in this process, one after the other: a line of standard input is {@code run PATH}, or
 * {@code plan PATH} for one whose jobs are planned and not run. Says {@code done MILLISECONDS} when all statements have
 * ended, or {@code failed MESSAGE}. Ends with standard input.
 *
 * <p>A semicolon at the end of a line ends a statement. {@code SET} is the SQL client's, so that it is done here.
 */
public final class FlinkRunner {
  private static final Pattern SET = Pattern.compile("SET '((?:[^']|'')*)' = '((?:[^']|'')*)'");

  public static void main(String[] args) throws Exception {
    BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
    System.out.println("ready");
    for (String command = commands.readLine(); command != null; command = commands.readLine()) {
      String[] words = command.split(" ", 2);
      long start = System.currentTimeMillis();
      try {
        run(Files.readString(Path.of(words[1])), words[0].equals("plan"));
        System.out.println("done " + (System.currentTimeMillis() - start));
      } catch (Throwable error) {
        System.out.println("failed " + causes(error));
      }
    }
    // Flink leaves threads that are not daemons: without this the process could stay.
    System.exit(0);
  }

  private static void run(String script, boolean planOnly) throws Exception {
    Configuration configuration = new Configuration();
    // One task reads a topic of one partition in its order.
    configuration.setString("parallelism.default", "1");
    // A job that fails is a failure, and not tried again.
    configuration.setString("restart-strategy.type", "none");
    EnvironmentSettings settings =
        EnvironmentSettings.newInstance().inStreamingMode().withConfiguration(configuration).build();
    TableEnvironment environment = TableEnvironment.create(settings);
    for (String statement : script.split(";[ ]*(\\R|$)")) {
      String sql = withoutComments(statement).strip();
      Matcher set = SET.matcher(sql);
      if (sql.isEmpty()) continue;
      if (planOnly && sql.startsWith("INSERT ")) environment.explainSql(sql);
      else if (set.matches()) environment.getConfig().set(unquoted(set.group(1)), unquoted(set.group(2)));
      else {
        TableResult result = environment.executeSql(sql);
        if (result.getJobClient().isPresent()) result.await();
      }
    }
  }

  private static String withoutComments(String statement) {
    return statement.replaceAll("(?m)^--.*$", "");
  }

  private static String unquoted(String text) {
    return text.replace("''", "'");
  }

  private static String causes(Throwable error) {
    StringBuilder text = new StringBuilder();
    for (Throwable one = error; one != null; one = one.getCause()) text.append(one).append(" <- ");
    return text.toString().replaceAll("\\s+", " ");
  }
}
