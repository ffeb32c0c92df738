package dynafilter.serve;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.thread.Invocable;
import org.eclipse.jetty.util.thread.Scheduler;

/** Reads the body of a request, as it comes and without a thread that waits for it, up to a size, a time and a share of the memory. */
final class BodyReader {
    private static final int FIRST = 1 << 16;
    private static final int DISCARDED = 64 << 20;
    private static final Duration DISCARDING = Duration.ofSeconds(5);

    /**
     * A body.
     *
     * @param reserved the bytes that its reader has taken of the budget
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Body(byte[] bytes, int reserved) {}

    private final Request request;
    private final int limit;
    private final boolean keeps; // true: the bytes are kept; false: they are passed over
    private final MemoryBudget budget;
    private final CompletableFuture<Body> body = new CompletableFuture<>();
    private final long declared; // -1: unknown
    private byte[] buffer = new byte[0];
    private int length;
    private boolean over; // true: what was reserved is given back; false: it is not yet

    private BodyReader(Request request, int limit, boolean keeps, MemoryBudget budget) {
        this.request = request;
        this.limit = limit;
        this.keeps = keeps;
        this.budget = budget;
        declared = request.getHeaders().getLongField(HttpHeader.CONTENT_LENGTH);
    }

    /**
     * Reads a body.
     *
     * @param time for all of it
     * @return the body, whose reserved bytes the caller gives back; or a {@link Problem}, after which the connection ends
     * @throws Problem where the header announces too many bytes, of which none are read
     */
    static CompletableFuture<Body> read(Request request, int limit, Duration time, MemoryBudget budget) {
        BodyReader reader = new BodyReader(request, limit, true, budget);
        if (reader.declared > limit) {
            throw reader.tooLarge();
        }
        return reader.start(time);
    }

    /** Passes over a body that nobody wants, so that its sender hears the answer; a very long or slow one is not waited for. True: all of it. */
    static CompletableFuture<Boolean> discard(Request request) {
        return new BodyReader(request, DISCARDED, false, new MemoryBudget(0))
                .start(DISCARDING)
                .handle((all, some) -> some == null);
    }

    private CompletableFuture<Body> start(Duration time) {
        Scheduler.Task late = request.getComponents()
                .getScheduler()
                .schedule(() -> body.completeExceptionally(slow()), time.toMillis(), TimeUnit.MILLISECONDS);
        run();
        return body.whenComplete((done, failure) -> {
            late.cancel();
            if (failure != null) {
                giveUp();
            }
        });
    }

    /** Gives the memory back: at once, although another thread may just be reading. */
    private synchronized void giveUp() {
        over = true;
        budget.release(buffer.length);
        buffer = new byte[0];
    }

    private void run() {
        while (!body.isDone()) {
            Content.Chunk chunk = request.read();
            if (chunk == null) {
                request.demand(Invocable.from(Invocable.InvocationType.NON_BLOCKING, this::run));
                return;
            }
            if (Content.Chunk.isFailure(chunk)) {
                body.completeExceptionally(explained(chunk.getFailure()));
                return;
            }
            try {
                take(chunk);
            } catch (Problem problem) { // the rest stays unread
                body.completeExceptionally(problem.with("Connection", "close"));
            } finally {
                chunk.release();
            }
            if (chunk.isLast() && !body.isDone()) {
                byte[] bytes = length == buffer.length ? buffer : Arrays.copyOf(buffer, length);
                body.complete(new Body(bytes, buffer.length));
            }
        }
    }

    private synchronized void take(Content.Chunk chunk) {
        int more = chunk.remaining();
        if (more > limit - length) {
            throw tooLarge();
        }
        if (over) {
            return;
        }
        if (keeps) {
            makeRoom(length + more);
            chunk.getByteBuffer().get(buffer, length, more);
        }
        length += more;
    }

    private void makeRoom(int needed) {
        if (needed <= buffer.length) {
            return;
        }
        long doubled = Math.max(Math.max(FIRST, 2L * buffer.length), needed);
        int size = (int) Math.min(declared >= needed ? Math.min(declared, doubled) : doubled, limit);
        if (!budget.reserve(size - buffer.length)) {
            throw new Problem(
                            Problem.UNAVAILABLE,
                            "the server",
                            "holds as many bytes of requests as its memory allows",
                            "send the request again in a second, or give Java more memory (JAVA_OPTS=-Xmx4g)")
                    .with("Retry-After", "1");
        }
        buffer = Arrays.copyOf(buffer, size);
    }

    private Problem tooLarge() {
        return new Problem(
                Problem.TOO_LARGE,
                "the body",
                declared > limit ? "has " + declared + " bytes" : "has more than " + limit + " bytes",
                "send at most " + limit);
    }

    private static Problem slow() {
        return new Problem(
                        Problem.TIMEOUT, "the body", "did not come in time", "send it again, over a faster connection")
                .with("Connection", "close");
    }

    /** A failure of reading: what the client has sent is no HTTP, or it is silent, or gone. */
    private static Throwable explained(Throwable failure) {
        if (failure instanceof TimeoutException) {
            return slow();
        }
        if (failure instanceof HttpException wrong) {
            return new Problem(
                            wrong.getCode() >= Problem.FAILED ? Problem.BAD : wrong.getCode(),
                            "the body",
                            "is no HTTP: " + wrong.getReason(),
                            "see RFC 9112, or use another client")
                    .with("Connection", "close");
        }
        return new Problem(Problem.BAD, "the body", "ends before its end", "send it whole").with("Connection", "close");
    }
}
