package dynafilter.serve;

import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/** A histogram as Prometheus counts: how many values are at most each bound, their number and their sum. */
final class Histogram {
    private final double[] bounds;
    private final LongAdder[] counts; // one more than bounds: those above the last
    private final DoubleAdder sum = new DoubleAdder();

    /** @param bounds in rising order */
    Histogram(double... bounds) {
        this.bounds = bounds.clone();
        counts = new LongAdder[bounds.length + 1];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = new LongAdder();
        }
    }

    void add(double value) {
        int at = 0;
        while (at < bounds.length && value > bounds[at]) {
            at++;
        }
        counts[at].increment();
        sum.add(value);
    }

    /** Appends the lines of the histogram in Prometheus' text format. */
    void write(StringBuilder text, String name, String help) {
        text.append("# HELP ").append(name).append(' ').append(help).append('\n');
        text.append("# TYPE ").append(name).append(" histogram\n");
        long below = 0;
        for (int i = 0; i < counts.length; i++) {
            below += counts[i].sum();
            String bound = i < bounds.length ? number(bounds[i]) : "+Inf";
            text.append(name)
                    .append("_bucket{le=\"")
                    .append(bound)
                    .append("\"} ")
                    .append(below)
                    .append('\n');
        }
        text.append(name).append("_sum ").append(sum.sum()).append('\n');
        text.append(name).append("_count ").append(below).append('\n'); // as many as +Inf has, whoever adds meanwhile
    }

    private static String number(double bound) {
        return bound == Math.rint(bound) ? Long.toString((long) bound) : Double.toString(bound);
    }
}
