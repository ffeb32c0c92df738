package dynafilter.train;

import dynafilter.distributed.C10dGroup;
import dynafilter.distributed.Placement;
import dynafilter.distributed.WorkerGroup;
import dynafilter.runtime.ComputeDevice;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.IntBinaryOperator;

/** Ranks as threads of this process, joined by Gloo as processes would be. */
public final class RankThreads {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private RankThreads() {}

    /** Runs the same work at every rank and returns its results, by rank. */
    public static <T> List<T> run(int size, Function<WorkerGroup, T> work) throws InterruptedException {
        return run(size, TIMEOUT, work);
    }

    public static <T> List<T> run(int size, Duration timeout, Function<WorkerGroup, T> work)
            throws InterruptedException {
        return run(size, timeout, freePort(), (rank, port) -> port, work);
    }

    /** @param portOf the port at which a rank finds the store, by the rank and the port at which the store listens */
    public static <T> List<T> run(
            int size, Duration timeout, int port, IntBinaryOperator portOf, Function<WorkerGroup, T> work)
            throws InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(size);
        try {
            List<Future<T>> futures = new ArrayList<>();
            for (int rank = 0; rank < size; rank++) {
                Placement placement =
                        new Placement(rank, rank, size, size, "127.0.0.1", portOf.applyAsInt(rank, port), false, 0, "");
                futures.add(threads.submit(() -> {
                    try (WorkerGroup group =
                            C10dGroup.join(placement, ComputeDevice.CPU, timeout, text -> {}, why -> {})) {
                        return work.apply(group);
                    }
                }));
            }
            List<T> results = new ArrayList<>();
            for (Future<T> future : futures) {
                results.add(future.get());
            }
            return results;
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new AssertionError(failure.getCause());
        } finally {
            threads.shutdown();
        }
    }

    /** A port of this machine that nobody listens at. */
    public static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException none) {
            throw new AssertionError(none);
        }
    }
}
