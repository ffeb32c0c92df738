package dynafilter.run;

import dynafilter.io.InputException;
import dynafilter.runtime.JavaCommand;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.logging.log4j.Logger;

/**
 * The ranks of a run as processes of this machine, started as torchrun would. They write to this one's output, each line with
 * its rank in front; what ends one ends all, and what ends this process ends them.
 */
public final class LocalWorkers {
    private static final String WORKER = "dynafilter.worker"; // a property of theirs
    private static final long POLL_MILLISECONDS = 20;
    private static final long OTHERS_END_SECONDS = 4; // they find out by themselves, and say why
    private static final long KILL_SECONDS = 2;
    private static final int OF_A_SIGNAL = 128;
    private static final int BROKEN_PIPE = OF_A_SIGNAL + 13; // nobody reads what they print, nor would read of it
    /** What libtorch itself prints of joining processes goes to standard output: not where JSON alone is wanted. */
    private static final List<String> PRINTING_TO_STDERR = List.of("sh", "-c", "exec \"$@\" >&2", "sh");

    private final List<Process> workers = new ArrayList<>();
    private final CountDownLatch finished = new CountDownLatch(1);
    private final Logger log = Logging.log();
    private volatile boolean interrupted;

    private LocalWorkers() {}

    /**
     * Runs the program in so many processes, with this Java's options, and waits for them.
     *
     * @param arguments of the program: the command and its options
     * @param toStderr true: what the workers print to standard output goes to standard error; false: it stays
     * @return the exit codes, by rank
     */
    public static List<Integer> run(Class<?> program, List<String> arguments, int count, boolean toStderr) {
        List<String> options =
                new ArrayList<>(ManagementFactory.getRuntimeMXBean().getInputArguments());
        options.add("-D" + WORKER + "=true");
        List<String> words = new ArrayList<>(toStderr ? PRINTING_TO_STDERR : List.of());
        words.addAll(JavaCommand.words(options, program));
        words.addAll(arguments);
        return new LocalWorkers().start(words, count);
    }

    private List<Integer> start(List<String> words, int count) {
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
            await();
            return workers.stream().map(Process::exitValue).toList();
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
        // By their handles: Process.destroy closes their standard input, too, from which they take it that this one is
        // gone.
        workers.forEach(worker -> worker.toHandle().destroy());
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
     *
     * @param end ends this process at once, and says why
     */
    static void endWithStarter(Consumer<String> end) {
        if (Boolean.getBoolean(WORKER)) {
            Thread watch = new Thread(() -> awaitStartersEnd(end), "starter's end");
            watch.setDaemon(true);
            watch.start();
        }
    }

    private static void awaitStartersEnd(Consumer<String> end) {
        try {
            while (System.in.read() >= 0) {
                // Nothing is ever written.
            }
        } catch (IOException broken) {
            // As good as its end.
        }
        end.accept("the process that started the workers is gone, and so is this one");
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Waits for all workers. Once one has failed the others have a while to say what they know, and are ended. */
    private void await() {
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
        if (failure == 0) {
            firstFailure(); // of one that ended at the last moment
        }
    }

    /** The exit code of a worker that failed, which is said where it could not do so itself; 0 while there is none. */
    private int firstFailure() {
        for (int rank = 0; rank < workers.size(); rank++) {
            Process worker = workers.get(rank);
            if (!worker.isAlive() && worker.exitValue() != 0) {
                if (worker.exitValue() > OF_A_SIGNAL && worker.exitValue() != BROKEN_PIPE && !interrupted) {
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
