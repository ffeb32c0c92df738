package dynafilter.serve;

import dynafilter.io.InputException;
import dynafilter.run.LoadedModel;
import java.io.IOException;
import java.net.BindException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/** A trained network as a service over HTTP: from {@link #start} on it answers, until {@link #close} has answered all it took. */
public final class ModelServer implements AutoCloseable {
    private static final int LEAST_THREADS = 8;
    private static final int INPUT_BUFFER =
            1 << 16; // a picture or some tensors in few reads; Jetty's 8 KiB cost a read each
    private static final long POLL_MILLIS = 10;
    private static final Duration QUIET = Duration.ofMillis(200); // for what was sent and not read when the port closed

    private final ServeSettings settings;
    private final Limits limits;
    private final Scorer scorer;
    private final Batcher batcher;
    private final Router router;
    private final Server server;
    private final ServerConnector connector;
    private final SlowHeaders slowHeaders;
    private final ExecutorService decoders;
    private final AtomicInteger flying = new AtomicInteger();
    private volatile boolean ready = true;
    private int unanswered; // requests, when the last one's time was over

    /**
     * @param model the network; closed with this
     * @param version the program's
     */
    public ModelServer(ServeSettings settings, LoadedModel model, String version) {
        this(settings, Limits.DEFAULT, new NetworkScorer(model, settings.rejects()), version);
    }

    ModelServer(ServeSettings settings, Limits limits, Scorer scorer, String version) {
        this.settings = settings;
        this.limits = limits;
        this.scorer = scorer;
        int cores = Runtime.getRuntime().availableProcessors();
        AtomicInteger number = new AtomicInteger();
        decoders = Executors.newFixedThreadPool(cores, work -> {
            Thread thread = new Thread(work, "decoder-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
        QueuedThreadPool threads = new QueuedThreadPool(LEAST_THREADS + 2 * cores, LEAST_THREADS);
        threads.setName("http");
        threads.setDaemon(true);
        server = new Server(threads);
        Metrics[] made = new Metrics[1];
        batcher = new Batcher(scorer, settings, size -> made[0].scored(size), threads);
        Metrics metrics = new Metrics(batcher::length, flying::get);
        made[0] = metrics;
        slowHeaders = new SlowHeaders(limits.header());
        Routes routes = routes(version, metrics);
        router = new Router(routes, settings, limits, batcher, metrics, flying, decoders, slowHeaders);
        server.setHandler(router);
        server.setErrorHandler(new JsonErrors(metrics));
        connector = connector();
    }

    private Routes routes(String version, Metrics metrics) {
        ModelFacts facts = scorer.facts();
        String name = settings.name();
        ServePage page = new ServePage(version);
        return new Routes(name)
                .open("/", page::reply)
                .get("/labels", () -> Reply.json(Reply.OK, Labels.of(name, facts)))
                .get("/metrics", () -> Reply.text(Metrics.TYPE, metrics.text(ready)))
                .post("/classify", new ClassifyEndpoint(settings, facts, limits))
                .get("/v2", () -> Reply.json(Reply.OK, Protocol.server(version)))
                .open("/v2/health/live", () -> Reply.json(Reply.OK, Protocol.live()))
                .open("/v2/health/ready", () -> Reply.json(readiness(), Protocol.ready(ready)))
                .model(
                        () -> Reply.json(Reply.OK, Protocol.model(name, facts)),
                        () -> Reply.json(readiness(), new Protocol.ModelReady(name, ready)),
                        new InferEndpoint(settings, facts, limits));
    }

    private int readiness() {
        return ready ? Reply.OK : Problem.UNAVAILABLE;
    }

    private ServerConnector connector() {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setSendDateHeader(true);
        HttpConnectionFactory factory = new HttpConnectionFactory(http);
        factory.setInputBufferSize(INPUT_BUFFER);
        ServerConnector made = new ServerConnector(server, 1, 1, factory);
        made.setHost(settings.host());
        made.setPort(settings.port());
        made.setIdleTimeout(limits.idle().toMillis());
        made.setAcceptQueueSize(limits.connections());
        made.addBean(slowHeaders);
        made.addBean(new NetworkConnectionLimit(limits.connections(), made));
        server.addConnector(made);
        return made;
    }

    /**
     * Begins to listen.
     *
     * @throws InputException where the address cannot be had
     */
    public void start() {
        batcher.start();
        try {
            server.start();
        } catch (IOException | UnresolvedAddressException refused) {
            String address = settings.host() + ":" + settings.port();
            String why = refused.getCause() instanceof BindException bind ? bind.getMessage() : refused.getMessage();
            throw new InputException(
                    "cannot listen at " + address + ": " + (why == null ? "no such address" : why)
                            + "; give another --port or --host",
                    refused);
        } catch (Exception failure) { // Jetty declares no other
            throw new IllegalStateException(failure);
        }
        slowHeaders.watch(server.getScheduler());
    }

    /** The port that it listens at. */
    public int port() {
        return connector.getLocalPort();
    }

    /** The address of its page. */
    public String address() {
        String host = settings.host();
        return "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port() + "/";
    }

    /**
     * Stops without losing a request: first the health paths say so, and requests are still taken for a moment, each connection's last
     * one; then the port is closed, what was taken is answered, and the network is closed.
     */
    @Override
    public void close() {
        ready = false;
        router.stopping();
        if (server.isStarted()) {
            pause(limits.linger());
            connector.close(); // the port; connections stay
            long end = System.nanoTime() + limits.drain().toNanos();
            pause(QUIET);
            while ((flying.get() > 0 || !slowHeaders.areSilent()) && System.nanoTime() < end) {
                pause(Duration.ofMillis(POLL_MILLIS));
            }
            unanswered = flying.get();
        }
        try {
            server.stop();
        } catch (Exception failure) { // Jetty declares no other
            throw new IllegalStateException(failure);
        } finally {
            decoders.shutdown();
            batcher.close();
            scorer.close();
        }
    }

    /** The number of requests that were taken and, {@link #close} being over, have no answer, since they took too long; else 0. */
    public int unanswered() {
        return unanswered;
    }

    private static void pause(Duration time) {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException now) {
            Thread.currentThread().interrupt();
        }
    }
}
