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
     */
    private record Quiet(long bytes, long since) {}

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
                (key, was) -> was.since() == 0 && key.getBytesIn() > was.bytes() ? new Quiet(was.bytes(), now) : was);
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
            quiet.put(connection, new Quiet(connection.getBytesIn(), 0));
        }
    }

    /** True: no connection is in the middle of a request's header, as far as bytes have been read; false: one is. */
    boolean areSilent() {
        return quiet.entrySet().stream()
                .noneMatch(entry -> entry.getKey().getBytesIn() > entry.getValue().bytes());
    }

    @Override
    public void onOpened(Connection connection) {
        quiet.put(connection, new Quiet(connection.getBytesIn(), 0));
    }

    @Override
    public void onClosed(Connection connection) {
        quiet.remove(connection);
    }
}
