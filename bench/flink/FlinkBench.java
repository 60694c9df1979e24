import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;

/**
 * {@code FlinkBench PARALLELISM CHECKPOINT_DIRECTORY SCRIPT...}: runs each script as a job of its own in this process.
 * Prints {@code started} when the job is planned and submitted and {@code finished SECONDS} at its end: Flink's own time
 * from the job's start to its end, last checkpoint included. Then waits until standard input ends, so that whoever
 * started it can still read what the process used.
 *
 * <p>A script is SQL; a semicolon at the end of a line ends a statement. The last statement is the INSERT that is timed.
 */
public final class FlinkBench {
  private static final String CHECKPOINT_INTERVAL = "1 s";

  public static void main(String[] args) {
    int status = 0;
    try {
      runAll(args);
    } catch (Throwable error) {
      error.printStackTrace();
      status = 1;
    }
    // Flink leaves threads that are not daemons: without this the process could stay.
    System.exit(status);
  }

  private static void runAll(String[] args) throws Exception {
    Configuration configuration = new Configuration();
    configuration.setString("parallelism.default", args[0]);
    configuration.setString("execution.checkpointing.interval", CHECKPOINT_INTERVAL);
    configuration.setString("execution.checkpointing.mode", "EXACTLY_ONCE");
    configuration.setString("execution.checkpointing.storage", "filesystem");
    configuration.setString("execution.checkpointing.dir", Path.of(args[1]).toUri().toString());
    configuration.setString("state.backend.type", "hashmap");
    configuration.setString("table.local-time-zone", "UTC");
    for (int i = 2; i < args.length; i++) {
      run(configuration, Files.readString(Path.of(args[i])));
    }
    while (System.in.read() != -1) {}
  }

  private static void run(Configuration configuration, String script) throws Exception {
    EnvironmentSettings settings =
        EnvironmentSettings.newInstance().inStreamingMode().withConfiguration(configuration).build();
    TableEnvironment environment = TableEnvironment.create(settings);
    String[] statements = script.strip().split(";\\s*(\\R|$)");
    for (int i = 0; i < statements.length - 1; i++) {
      environment.executeSql(statements[i]);
    }
    JobClient job = environment.executeSql(statements[statements.length - 1]).getJobClient().orElseThrow();
    System.out.println("started");
    System.out.println("finished " + job.getJobExecutionResult().get().getNetRuntime() / 1e3);
  }
}
