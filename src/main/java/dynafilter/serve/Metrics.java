package dynafilter.serve;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/** What the server counts of its work, in Prometheus' text format. */
final class Metrics {
    static final String TYPE = "text/plain; version=0.0.4";

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String RESIDENT = "VmRSS:";
    private static final int KILOBYTE = 1024;

    private final Map<String, LongAdder> requests = new ConcurrentSkipListMap<>(); // by labels
    private final LongAdder pictures = new LongAdder();
    private final Histogram seconds =
            new Histogram(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10);
    private final Histogram batches = new Histogram(1, 2, 4, 8, 16, 32, 64, 128, 256, 512);
    private final LongSupplier queue;
    private final LongSupplier flying;

    /**
     * @param queue asked for the number of pictures that wait
     * @param flying asked for the number of requests that were taken and are not answered
     */
    Metrics(LongSupplier queue, LongSupplier flying) {
        this.queue = queue;
        this.flying = flying;
    }

    /**
     * Counts an answered request.
     *
     * @param path the path's pattern, of which there are few
     */
    void answered(String path, int status, double took) {
        requests.computeIfAbsent("path=\"" + path + "\",status=\"" + status + "\"", labels -> new LongAdder())
                .increment();
        seconds.add(took);
    }

    /** Counts a scored batch. */
    void scored(int size) {
        pictures.add(size);
        batches.add(size);
    }

    /** All figures as they are now. */
    String text(boolean ready) {
        StringBuilder text = new StringBuilder();
        header(text, "dynafilter_requests_total", "counter", "Answered requests.");
        requests.forEach((labels, count) -> text.append("dynafilter_requests_total{")
                .append(labels)
                .append("} ")
                .append(count.sum())
                .append('\n'));
        seconds.write(text, "dynafilter_request_seconds", "Time from a request's header to the end of its answer.");
        batches.write(text, "dynafilter_batch_size", "Pictures scored at once.");
        one(text, "dynafilter_pictures_total", "counter", "Scored pictures.", pictures.sum());
        one(text, "dynafilter_queue_length", "gauge", "Pictures that wait to be scored.", queue.getAsLong());
        one(text, "dynafilter_requests_in_flight", "gauge", "Requests without an answer.", flying.getAsLong());
        one(text, "dynafilter_ready", "gauge", "1: takes requests; 0: is stopping.", ready ? 1 : 0);
        resident()
                .ifPresent(bytes ->
                        one(text, "process_resident_memory_bytes", "gauge", "Resident memory size in bytes.", bytes));
        return text.toString();
    }

    private static void one(StringBuilder text, String name, String type, String help, long value) {
        header(text, name, type, help);
        text.append(name).append(' ').append(value).append('\n');
    }

    private static void header(StringBuilder text, String name, String type, String help) {
        text.append("# HELP ").append(name).append(' ').append(help).append('\n');
        text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }

    /** The resident memory of this process; empty where the system is not Linux. */
    private static OptionalLong resident() {
        try {
            return Files.readAllLines(STATUS).stream()
                    .filter(line -> line.startsWith(RESIDENT))
                    .mapToLong(line -> KILOBYTE
                            * Long.parseLong(line.substring(RESIDENT.length())
                                    .replace("kB", "")
                                    .strip()))
                    .findFirst();
        } catch (IOException another) {
            return OptionalLong.empty();
        }
    }
}
