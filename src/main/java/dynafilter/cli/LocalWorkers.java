package dynafilter.cli;

import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.logging.log4j.Logger;

/**
 * {@code --workers N}: the ranks of a run as processes of this machine, started as torchrun would. They write to this one's
 * output, each line with its rank in front; what ends one ends all, and what ends this process ends them.
 */
final class LocalWorkers {
    static final String OPTION = "workers";
    private static final String WORKER = "dynafilter.worker"; // a property of theirs
    private static final int MOST = 1024;
    private static final int FIRST_JAVA_THAT_WARNS = 22; // of natives that nobody allowed
    private static final long POLL_MILLISECONDS = 20;
    private static final long OTHERS_END_SECONDS = 4; // they find out by themselves, and say why
    private static final long KILL_SECONDS = 2;
    private static final int OF_A_SIGNAL = 128;
    /** What libtorch itself prints of joining processes goes to standard output: not where JSON alone is wanted. */
    private static final List<String> PRINTING_TO_STDERR = List.of("sh", "-c", "exec \"$@\" >&2", "sh");

    private final List<Process> workers = new ArrayList<>();
    private final CountDownLatch finished = new CountDownLatch(1);
    private final Logger log = Logging.log();
    private volatile boolean interrupted;

    private LocalWorkers() {}

    /** How many processes a command line asks for; 1 without the option. */
    static int count(CommandLine line) {
        return CommonOptions.integer(line, OPTION, 1, MOST, 1);
    }

    /**
     * Runs a command in so many processes, and returns its exit code.
     *
     * @param json of this process: where that is standard output, what the workers say of the outcome is handed on to it
     */
    static int run(String command, CommandLine line, int count, JsonOutput json) {
        if (!json.isStandard()) {
            return new LocalWorkers().start(words(command, line, line.getOptionValue(CommonOptions.JSON)), count);
        }
        List<String> words = new ArrayList<>(PRINTING_TO_STDERR);
        try {
            Path outcome = Files.createTempFile("dynafilter", ".json");
            try {
                words.addAll(words(command, line, outcome.toString()));
                int code = new LocalWorkers().start(words, count);
                if (Files.size(outcome) > 0) {
                    json.write(JsonFile.read(outcome));
                }
                return code;
            } finally {
                Files.deleteIfExists(outcome);
            }
        } catch (IOException failure) {
            throw new InputException(
                    "--json -: cannot keep a temporary file in " + System.getProperty("java.io.tmpdir") + " ("
                            + failure.getMessage() + "); name a file for --json",
                    failure);
        }
    }

    private int start(List<String> words, int count) {
        Thread hook = new Thread(this::pass, "signal for the workers");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            int port = freePort();
            for (int rank = 0; rank < count; rank++) {
                ProcessBuilder builder = new ProcessBuilder(words)
                        .redirectInput(Redirect.PIPE) // see endWithStarter
                        .redirectOutput(Redirect.INHERIT)
                        .redirectError(Redirect.INHERIT);
                builder.environment().putAll(environment(rank, count, port));
                workers.add(builder.start());
            }
            return await();
        } catch (IOException failure) {
            throw new InputException("cannot start " + count + " processes: " + failure.getMessage(), failure);
        } finally {
            workers.forEach(Process::destroyForcibly); // those that still live
            finished.countDown();
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException ending) {
                // The hook runs, and returns now.
            }
        }
    }

    /** A signal that ends this process is passed on; it waits for the workers to save what is done. */
    private void pass() {
        interrupted = true;
        workers.forEach(Process::destroy);
        try {
            finished.await();
        } catch (InterruptedException now) {
            Thread.currentThread().interrupt();
        }
    }

    private static Map<String, String> environment(int rank, int count, int port) {
        String size = String.valueOf(count);
        return Map.of(
                "RANK",
                String.valueOf(rank),
                "LOCAL_RANK",
                String.valueOf(rank),
                "WORLD_SIZE",
                size,
                "LOCAL_WORLD_SIZE",
                size,
                "MASTER_ADDR",
                "127.0.0.1",
                "MASTER_PORT",
                String.valueOf(port));
    }

    /**
     * In a process started here: from now on it ends when its starter does, however that ends. Its standard input is a pipe,
     * which the system closes with the process at the other end. Files are whole at any moment, so nothing has to be saved.
     */
    static void endWithStarter() {
        if (Boolean.getBoolean(WORKER)) {
            Thread watch = new Thread(LocalWorkers::awaitStartersEnd, "starter's end");
            watch.setDaemon(true);
            watch.start();
        }
    }

    private static void awaitStartersEnd() {
        try {
            while (System.in.read() >= 0) {
                // Nothing is ever written.
            }
        } catch (IOException broken) {
            // As good as its end.
        }
        System.err.println("dynafilter: the process that started the workers is gone, and so is this one");
        Runtime.getRuntime().halt(ExitCode.FAILED);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** This Java, with its options, and the same command without {@code --workers}; its {@code --json} may be another. */
    private static List<String> words(String command, CommandLine line, String json) {
        List<String> words = new ArrayList<>();
        words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        words.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        if (Runtime.version().feature() >= FIRST_JAVA_THAT_WARNS) {
            words.add("--enable-native-access=ALL-UNNAMED"); // the jar's manifest allows it only to java -jar
        }
        words.add("-D" + WORKER + "=true");
        words.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName(), command));
        for (Option option : line.getOptions()) {
            if (!option.getLongOpt().equals(OPTION)) {
                words.add("--" + option.getLongOpt());
                if (option.hasArg()) {
                    words.add(option.getLongOpt().equals(CommonOptions.JSON) ? json : option.getValue());
                }
            }
        }
        return words;
    }

    /** Waits for all workers. Once one has failed the others have a while to say what they know, and are ended. */
    private int await() {
        int failure = 0;
        long end = Long.MAX_VALUE;
        boolean asked = false;
        while (workers.stream().anyMatch(Process::isAlive)) {
            if (failure == 0) {
                failure = firstFailure();
                end = failure == 0 ? end : System.nanoTime() + TimeUnit.SECONDS.toNanos(OTHERS_END_SECONDS);
            }
            if (System.nanoTime() > end) {
                workers.forEach(asked ? Process::destroyForcibly : Process::destroy);
                end = System.nanoTime() + TimeUnit.SECONDS.toNanos(KILL_SECONDS);
                asked = true;
            }
            pause();
        }
        for (int code : new int[] {ExitCode.USAGE, ExitCode.UNREAD}) {
            if (workers.stream().anyMatch(worker -> worker.exitValue() == code)) {
                return code; // the others end because of that one
            }
        }
        return failure == 0 && firstFailure() == 0 ? ExitCode.DONE : ExitCode.FAILED;
    }

    /** The exit code of a worker that failed, which is said where it could not do so itself; 0 while there is none. */
    private int firstFailure() {
        for (int rank = 0; rank < workers.size(); rank++) {
            Process worker = workers.get(rank);
            if (!worker.isAlive() && worker.exitValue() != 0) {
                if (worker.exitValue() > OF_A_SIGNAL && worker.exitValue() != ExitCode.UNREAD && !interrupted) {
                    log.warn("rank {} was ended by signal {}", rank, worker.exitValue() - OF_A_SIGNAL);
                }
                return worker.exitValue();
            }
        }
        return 0;
    }

    private static void pause() {
        try {
            Thread.sleep(POLL_MILLISECONDS);
        } catch (InterruptedException now) {
            Thread.currentThread().interrupt();
        }
    }
}
