package dynafilter.io;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Path;
import java.util.Locale;
import javax.net.ssl.SSLException;

/**
 * The errors of a download that failed: what happened, where, and the way out.
 *
 * @param wrongFileThere true: there is a file at the target already, with another hash than expected; false: there is none
 */
record DownloadErrors(URI source, Path target, Path part, boolean wrongFileThere) {

    /** @throws InputException if the source is no address of a file on a web server */
    void checkSource() {
        boolean web = "http".equalsIgnoreCase(source.getScheme()) || "https".equalsIgnoreCase(source.getScheme());
        if (!web || source.getHost() == null) {
            throw new InputException(
                    source + " is not an http or https address: give one, or put the file at " + target);
        }
    }

    /** True: another attempt at once is of no use (no network, host or server, or no trust); false: it may help. */
    static boolean isUnreachable(IOException e) {
        return e instanceof ConnectException
                || e instanceof HttpConnectTimeoutException
                || e instanceof SSLException
                || e instanceof InterruptedIOException
                || isUnknownHost(e);
    }

    InputException unreachable(IOException e) {
        if (Thread.currentThread().isInterrupted()) {
            return interrupted();
        }
        return new InputException(
                "cannot reach " + source.getHost() + " (" + networkReason(e) + "): check the network, or "
                        + elsewhere(),
                e);
    }

    InputException refused(int status) {
        String why =
                switch (status) {
                    case 404, 410 -> source + " is not there (HTTP status " + status + ")";
                    case 401, 403, 407 -> source + " may not be read (HTTP status " + status + ")";
                    default -> source + " cannot be fetched (HTTP status " + status + ")";
                };
        return new InputException(why + ": find the file elsewhere and put it at " + target);
    }

    InputException cut(IOException e, int attempts, FileChannel channel) {
        if (Thread.currentThread().isInterrupted()) {
            return interrupted();
        }
        return new InputException(
                String.format(
                        Locale.ROOT,
                        "the connection to %s failed %d times (%s): run the same command again, it continues after "
                                + "the %,d bytes in %s, or %s",
                        source.getHost(),
                        attempts,
                        networkReason(e),
                        size(channel),
                        part,
                        elsewhere()),
                e);
    }

    InputException wrongHash(Checksum expected, String actual) {
        return new InputException(
                target.getFileName() + " from " + source + " has " + expected.algorithm() + " " + actual
                        + ", not " + expected.hex()
                        + ": it was changed or damaged on the way, and is deleted; run the same command again, or "
                        + elsewhere());
    }

    RuntimeException notWritten(IOException e, FileChannel channel) {
        if (!FileErrors.isNoSpace(e)) {
            return notWritable(e);
        }
        return new OutputException(
                String.format(
                        Locale.ROOT,
                        "no space left for %s: free some and run the same command again, it continues after the %,d "
                                + "bytes in %s (delete that file to give up)",
                        target,
                        size(channel),
                        part),
                e);
    }

    InputException notWritable(IOException e) {
        if (e instanceof ClosedByInterruptException) {
            return interrupted();
        }
        return new InputException(
                "cannot write " + part + " (" + FileErrors.reason(e) + "): make its folder writable, or choose another",
                e);
    }

    InputException alreadyRunning() {
        return new InputException("another process is downloading " + target + ": wait for it to finish");
    }

    InputException interrupted() {
        return new InputException(
                "the download of " + target + " was interrupted: run the same command again, it continues");
    }

    private String elsewhere() {
        return "download " + source + " on another machine and put it at " + target
                + (wrongFileThere ? ", in place of the file there, whose hash is another" : "");
    }

    private static long size(FileChannel channel) {
        try {
            return channel.size();
        } catch (IOException e) {
            return 0;
        }
    }

    private static boolean isUnknownHost(Throwable e) {
        return e instanceof UnresolvedAddressException
                || e instanceof UnknownHostException
                || (e.getCause() != null && isUnknownHost(e.getCause()));
    }

    /** The reason in a few words; the client wraps the exception that has it, and at times gives none at all. */
    private static String networkReason(IOException e) {
        if (isUnknownHost(e)) {
            return "unknown host";
        }
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof HttpTimeoutException) {
                return "no answer";
            }
            if (cause instanceof SSLException) {
                return "no secure connection: " + cause.getMessage();
            }
        }
        if (e instanceof ConnectException) {
            return "connection refused";
        }
        return FileErrors.reason(e);
    }
}
