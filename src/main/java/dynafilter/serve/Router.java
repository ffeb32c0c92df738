package dynafilter.serve;

import dynafilter.run.Logging;
import dynafilter.runtime.NativeRuntime;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Fields;
import org.jspecify.annotations.Nullable;

/**
 * The way of a request: its path and method, the token, room in the queue, the body, the endpoint, the answer. No thread waits
 * on the way: Jetty's threads read and write, the decoders work, and the scorer's thread only scores.
 */
final class Router extends Handler.Abstract.NonBlocking {
    /** The path of requests to none of the paths, in the metrics. */
    static final String OTHER = "other";

    private static final String GET = "GET";
    private static final String HEAD = "HEAD";
    private static final String POST = "POST";

    private final Routes routes;
    private final BearerToken token;
    private final Limits limits;
    private final Batcher batcher;
    private final Metrics metrics;
    private final Executor decoders;
    private final SlowHeaders slowHeaders;
    private final MemoryBudget budget = MemoryBudget.ofHeap();
    private final AtomicInteger flying;
    private volatile boolean stopping;

    /**
     * @param flying counts the requests that were taken and are not answered
     * @param decoders work on bodies
     */
    Router(
            Routes routes,
            ServeSettings settings,
            Limits limits,
            Batcher batcher,
            Metrics metrics,
            AtomicInteger flying,
            Executor decoders,
            SlowHeaders slowHeaders) {
        this.routes = routes;
        this.limits = limits;
        this.batcher = batcher;
        this.metrics = metrics;
        this.flying = flying;
        this.decoders = decoders;
        this.slowHeaders = slowHeaders;
        token = new BearerToken(settings.token());
    }

    /** From now on every answer is the last one of its connection. */
    void stopping() {
        stopping = true;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        long began = System.nanoTime();
        flying.incrementAndGet();
        Connection connection = request.getConnectionMetaData().getConnection();
        slowHeaders.begun(connection);
        Routes.Route route = routes.find(Request.getPathInContext(request));
        CompletableFuture<Void> unused = answer(request, route)
                .handle((reply, failure) -> failure == null ? reply : reply(failure))
                .thenAccept(reply -> send(request, response, reply, new Callback() {
                    @Override
                    public InvocationType getInvocationType() {
                        return InvocationType.NON_BLOCKING;
                    }

                    @Override
                    public void succeeded() {
                        ended(reply);
                        callback.succeeded();
                    }

                    @Override
                    public void failed(Throwable gone) {
                        ended(reply);
                        callback.failed(gone);
                    }

                    private void ended(Reply reply) {
                        metrics.answered(
                                route == null ? OTHER : route.pattern(),
                                reply.status(),
                                (System.nanoTime() - began) / 1e9);
                        slowHeaders.ended(connection);
                        flying.decrementAndGet();
                    }
                }));
        return true;
    }

    private CompletableFuture<Reply> answer(Request request, Routes.@Nullable Route route) {
        try {
            BodyEndpoint endpoint = endpoint(request, route);
            if (endpoint == null) {
                return CompletableFuture.completedFuture(
                        Objects.requireNonNull(Objects.requireNonNull(route).document())
                                .get());
            }
            batcher.requireRoom();
            requirePlain(request.getHeaders().get(HttpHeader.CONTENT_ENCODING));
            Fields query = query(request);
            return BodyReader.read(request, endpoint.bodyLimit(), limits.body(), budget)
                    .thenCompose(body ->
                            answer(new Call(query, request.getHeaders(), body.bytes()), endpoint, body.reserved()));
        } catch (Problem problem) { // the body is not read: it is passed over
            return BodyReader.discard(request)
                    .thenApply(all -> (all ? problem : problem.with("Connection", "close")).reply());
        }
    }

    /** The endpoint that takes the request's body; null where the route has a document. */
    private @Nullable BodyEndpoint endpoint(Request request, Routes.@Nullable Route route) {
        if (route == null) {
            throw new Problem(
                    Problem.NOT_FOUND,
                    "the path",
                    "is none of this server's",
                    "POST a picture to /classify, or see /v2 and " + routes.modelPath());
        }
        String method = request.getMethod();
        boolean isRight = route.endpoint() != null ? method.equals(POST) : method.equals(GET) || method.equals(HEAD);
        if (!isRight) {
            String allowed = route.endpoint() != null ? POST : GET + ", " + HEAD;
            throw new Problem(
                            Problem.BAD_METHOD,
                            "the method",
                            "is not what " + route.pattern() + " takes",
                            "use " + allowed)
                    .with("Allow", allowed);
        }
        if (!route.isOpen()) {
            token.require(request.getHeaders().get(HttpHeader.AUTHORIZATION));
        }
        return route.endpoint();
    }

    private static void requirePlain(@Nullable String encoding) {
        if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
            throw new Problem(
                    Problem.UNSUPPORTED,
                    "the header Content-Encoding",
                    "names a compression",
                    "send the body as it is");
        }
    }

    /** The parameters behind the path. */
    private static Fields query(Request request) {
        try {
            return Request.extractQueryParameters(request);
        } catch (RuntimeException wrong) { // Jetty throws several kinds
            throw new Problem(Problem.BAD, "the query", "is no text in UTF-8 and percent-encoding", "write % as %25");
        }
    }

    private CompletableFuture<Reply> answer(Call call, BodyEndpoint endpoint, int reserved) {
        Batcher.Ticket ticket;
        try {
            ticket = batcher.admit();
        } catch (Problem full) {
            budget.release(reserved);
            throw full;
        }
        return CompletableFuture.completedFuture(call)
                .thenComposeAsync(
                        here -> {
                            try (ticket) {
                                return endpoint.answer(here, ticket);
                            }
                        },
                        decoders)
                .whenComplete((reply, failure) -> budget.release(reserved));
    }

    private static Reply reply(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof Problem problem) {
            return problem.reply();
        }
        String line = NativeRuntime.firstLine(cause);
        Logging.log().warn("a request failed: {}", line);
        Logging.debug(cause);
        return new Problem(Problem.FAILED, "the server", "has failed", "see its log; the request may be sent again")
                .reply();
    }

    private void send(Request request, Response response, Reply reply, Callback callback) {
        response.setStatus(reply.status());
        response.getHeaders()
                .put(HttpHeader.CONTENT_TYPE, reply.type())
                .put(HttpHeader.CONTENT_LENGTH, reply.body().length)
                .put(HttpHeader.CACHE_CONTROL, "no-store")
                .put("X-Content-Type-Options", "nosniff");
        reply.headers().forEach(response.getHeaders()::put);
        if (stopping) {
            response.getHeaders().put(HttpHeader.CONNECTION, "close");
        }
        boolean isHead = request.getMethod().equals(HEAD);
        response.write(true, isHead ? ByteBuffer.allocate(0) : ByteBuffer.wrap(reply.body()), callback);
    }
}
