package dynafilter.serve;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.util.thread.Scheduler;

/** Ends connections whose request's header comes byte by byte: their silence never lasts as long as the idle limit. */
final class SlowHeaders implements Connection.Listener {
    /**
     * A connection between two requests.
     *
     * @param bytes that it had sent when the last request ended
     * @param since the time when more were seen; 0: none were
     * @param opened the time when it was opened; 0: it has sent a request before
     */
    private record Quiet(long bytes, long since, long opened) {}

    /** The time in which a new connection sends its request, unless it was opened for later. */
    private static final long FRESH_NANOS = 500_000_000;

    private final Map<Connection, Quiet> quiet = new ConcurrentHashMap<>();
    private final long mostNanos;
    private final long periodMillis;

    /** @param most the time that a header may take */
    SlowHeaders(Duration most) {
        mostNanos = most.toNanos();
        periodMillis = Math.max(1, most.toMillis() / 10);
    }

    /** Looks again and again, as long as the scheduler runs. */
    void watch(Scheduler scheduler) {
        scheduler.schedule(
                () -> {
                    quiet.keySet().forEach(this::look);
                    watch(scheduler);
                },
                periodMillis,
                TimeUnit.MILLISECONDS);
    }

    private void look(Connection connection) {
        long now = System.nanoTime() | 1; // never 0
        Quiet seen = quiet.computeIfPresent(
                connection,
                (key, was) -> was.since() == 0 && key.getBytesIn() > was.bytes()
                        ? new Quiet(was.bytes(), now, was.opened())
                        : was);
        if (!connection.getEndPoint().isOpen()) {
            quiet.remove(connection);
        } else if (seen != null && seen.since() != 0 && now - seen.since() > mostNanos) {
            quiet.remove(connection);
            connection.getEndPoint().close();
        }
    }

    /** The header of a request is here. */
    void begun(Connection connection) {
        quiet.remove(connection);
    }

    /** A request is answered, and another may follow. */
    void ended(Connection connection) {
        if (connection.getEndPoint().isOpen()) {
            quiet.put(connection, new Quiet(connection.getBytesIn(), 0, 0));
        }
    }

    /** True: no request is on its way, as far as can be told; false: a header has begun, or a connection is new. */
    boolean areSilent() {
        long now = System.nanoTime();
        return quiet.entrySet().stream().noneMatch(entry -> {
            Quiet was = entry.getValue();
            boolean isFresh = was.opened() != 0 && now - was.opened() < FRESH_NANOS;
            return isFresh || entry.getKey().getBytesIn() > was.bytes();
        });
    }

    @Override
    public void onOpened(Connection connection) {
        quiet.put(connection, new Quiet(connection.getBytesIn(), 0, System.nanoTime() | 1));
    }

    @Override
    public void onClosed(Connection connection) {
        quiet.remove(connection);
    }
}
