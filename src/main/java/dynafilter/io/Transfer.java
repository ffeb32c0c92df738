package dynafilter.io;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.FileChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The transfer of one file over one or more HTTP connections, each of which continues where the last one ended. */
final class Transfer {
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (?:(\\d+)-\\d+|\\*)/(\\d+|\\*)");

    private final HttpClient client;
    private final URI source;
    private final Duration answerTimeout;
    private final Duration stallTimeout;
    private boolean reached;
    private @Nullable String version; // the server's name for what the first bytes belong to; null: none

    Transfer(HttpClient client, URI source, Duration answerTimeout, Duration stallTimeout) {
        this.client = client;
        this.source = source;
        this.answerTimeout = answerTimeout;
        this.stallTimeout = stallTimeout;
    }

    /** The server's refusal to send the file, which another attempt would not change. */
    static final class RefusedException extends IOException {
        private final int status;

        RefusedException(int status) {
            super("HTTP status " + status);
            this.status = status;
        }

        int status() {
            return status;
        }
    }

    /** A failure to store the bytes that have arrived. */
    static final class WriteException extends IOException {
        private final IOException reason;

        WriteException(IOException reason) {
            super(reason);
            this.reason = reason;
        }

        /** The failure of the storage. */
        IOException reason() {
            return reason;
        }
    }

    /** True: the server has answered at least once; false: it has not been reached so far. */
    boolean reached() {
        return reached;
    }

    /**
     * Appends the missing bytes to the part file over one connection.
     *
     * @param out writes to the part file's channel
     * @throws IOException where the connection fails or ends early; the part file keeps the bytes that arrived
     */
    void attempt(FileChannel part, OutputStream out, ProgressListener progress) throws IOException {
        long have = part.size();
        HttpResponse<InputStream> response = send(have);
        try (InputStream body = response.body()) {
            reached = true;
            if (response.statusCode() == 416 && have > 0) {
                if (total(response, have) == have) {
                    progress.progress(have, have);
                    return;
                }
                part.truncate(0);
                throw new IOException("the server has no byte " + have + " of it");
            }
            if (response.statusCode() == 206 && start(response) != have) {
                part.truncate(0);
                throw new IOException("the server sent another part than was asked for");
            }
            if (response.statusCode() == 200) {
                have = 0; // the whole file: the server knows no ranges, or the file has changed
                part.truncate(0);
            } else if (response.statusCode() != 206) {
                throw failure(response.statusCode());
            }
            version = version(response).orElse(null);
            part.position(have);
            copy(body, out, have, total(response, have), progress);
        }
    }

    private HttpResponse<InputStream> send(long have) throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(source).timeout(answerTimeout);
        if (have > 0) {
            request.header("Range", "bytes=" + have + "-");
            if (version != null) {
                request.header("If-Range", version);
            }
        }
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        } catch (HttpTimeoutException slow) {
            throw slow;
        } catch (IOException e) {
            // Of a connection that ends just behind the headers the client says how many bytes it had.
            throw DownloadErrors.isUnreachable(e) ? e : new IOException("connection cut", e);
        }
    }

    private static IOException failure(int status) {
        boolean passing = status >= 500 || status == 408 || status == 416 || status == 425 || status == 429;
        return passing ? new IOException("HTTP status " + status) : new RefusedException(status);
    }

    private void copy(InputStream body, OutputStream out, long have, long total, ProgressListener progress)
            throws IOException {
        progress.progress(have, total);
        byte[] buffer = new byte[1 << 16];
        long done = have;
        try (StallWatch watch = new StallWatch(body, stallTimeout)) {
            for (int n = watch.read(buffer); n >= 0; n = watch.read(buffer)) {
                write(out, buffer, n);
                done += n;
                progress.progress(done, total);
            }
        }
        if (done < total) {
            throw new IOException("the connection ended after " + done + " of " + total + " bytes");
        }
    }

    private static void write(OutputStream out, byte[] buffer, int length) throws WriteException {
        try {
            out.write(buffer, 0, length);
            out.flush();
        } catch (IOException e) {
            throw new WriteException(e);
        }
    }

    /** The whole file's length in bytes, or -1 where the server does not say. */
    private static long total(HttpResponse<?> response, long have) {
        Optional<Matcher> range = contentRange(response);
        if (range.isPresent()) {
            String length = range.get().group(2);
            return length.equals("*") ? -1 : Long.parseLong(length);
        }
        long length = response.headers().firstValueAsLong("Content-Length").orElse(-1);
        return length < 0 ? -1 : have + length;
    }

    private static long start(HttpResponse<?> response) {
        return contentRange(response).map(m -> m.group(1)).map(Long::parseLong).orElse(-1L);
    }

    private static Optional<Matcher> contentRange(HttpResponse<?> response) {
        return response.headers()
                .firstValue("Content-Range")
                .map(CONTENT_RANGE::matcher)
                .filter(Matcher::matches);
    }

    /** The value for the header If-Range: a strong entity tag, or else the date of the last change. */
    private static Optional<String> version(HttpResponse<?> response) {
        return response.headers()
                .firstValue("ETag")
                .filter(tag -> !tag.startsWith("W/"))
                .or(() -> response.headers().firstValue("Last-Modified"));
    }
}
