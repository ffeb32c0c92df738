package dynafilter.io;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A small HTTP server on this machine that serves one file, well or badly. */
public final class FileServer implements AutoCloseable {
    /** What to do with the nth request (from 1) of a path. */
    public interface Behaviour {
        void answer(HttpExchange exchange, int request) throws IOException;
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final List<String> requests = Collections.synchronizedList(new ArrayList<>());

    public FileServer(Behaviour behaviour) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            requests.add(exchange.getRequestURI().getPath()
                    + " " + exchange.getRequestHeaders().getFirst("Range")
                    + " " + exchange.getRequestHeaders().getFirst("If-Range"));
            try (exchange) {
                behaviour.answer(exchange, requests.size());
            }
        });
        server.start();
    }

    public URI uri(String path) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
    }

    /** "PATH RANGE IF-RANGE" of each request so far; "null" for a header that was not sent. */
    public List<String> requests() {
        return List.copyOf(requests);
    }

    /** As a good server does: ranges, if the version is still the same. */
    public static void serve(HttpExchange exchange, byte[] content, String etag) throws IOException {
        serve(exchange, content, etag, content.length);
    }

    /** As a good server does, but the connection is cut after so many bytes of the body. */
    public static void serve(HttpExchange exchange, byte[] content, String etag, int cutAfter) throws IOException {
        exchange.getResponseHeaders().set("ETag", etag);
        int from = 0;
        String range = exchange.getRequestHeaders().getFirst("Range");
        String version = exchange.getRequestHeaders().getFirst("If-Range");
        if (range != null && (version == null || version.equals(etag))) {
            from = Integer.parseInt(range.substring("bytes=".length(), range.length() - 1));
            if (from >= content.length) {
                exchange.getResponseHeaders().set("Content-Range", "bytes */" + content.length);
                exchange.sendResponseHeaders(416, -1);
                return;
            }
            exchange.getResponseHeaders()
                    .set("Content-Range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
        }
        byte[] body = Arrays.copyOfRange(content, from, content.length);
        exchange.sendResponseHeaders(from > 0 ? 206 : 200, body.length);
        exchange.getResponseBody().write(body, 0, Math.min(cutAfter, body.length));
        exchange.getResponseBody().flush();
    }

    /** Says nothing more until the server is closed. */
    void hang() throws IOException {
        try {
            closing.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Override
    public void close() {
        closing.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
