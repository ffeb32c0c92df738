package dynafilter.cli;

import dynafilter.benchmark.Ceiling;
import dynafilter.benchmark.Measurement;
import dynafilter.run.Session;
import dynafilter.runfolder.Environment;
import dynafilter.runtime.Precision;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The table of {@code benchmark} as text: a header, a row a measurement, and how its columns are to be read. */
final class BenchmarkTable {
    private static final String ROW = "%-5s %-4s %6s  %-5s %9s  %8s %17s  %7s %7s  %8s %7s  %8s";
    private static final String VARIANT = "%-5s %-4s %6s  %9s  %8s %17s  %8s  %s";
    private static final String FORMULA = """
            TFLOP/s: 2 a multiply-add of all convolutions and matrix products, in training of both gradients, too.
            of peak: of matrix products' best rate. roofline: the least milliseconds of a step, the sum over its operators
            of max(FLOPs / rate of products, bytes / rate of a large copy). reached: roofline / step.
            memory: the most that was held; on the CPU by the whole process.""";

    private BenchmarkTable() {}

    /** Prints what is measured, on what. */
    static void printHeader(Session session, boolean graph, boolean deterministic, int repeats, String networks) {
        System.out.println(format(
                "device     %s, %s, %d threads%s%s",
                session.device(),
                session.deviceFacts().name(),
                session.threads(),
                graph ? ", steps as CUDA graphs" : "",
                deterministic ? ", deterministic" : ""));
        session.cuda().ifPresent(cuda -> System.out.println("cuda       " + cuda + "; TF32 in rows of tf32 alone"));
        Environment environment = session.environment();
        System.out.println(format(
                "versions   dynafilter %s, libtorch %s, Java %s",
                environment.dynafilter(), environment.libtorch(), environment.java()));
        System.out.println(format("network    %s; channels-last; %d timed steps a row", networks, repeats));
        System.out.println();
    }

    /** Prints the ceilings that the rows are held against, and what the columns mean. */
    static void printCeilings(Map<Precision, Ceiling> ceilings) {
        ceilings.forEach((precision, ceiling) -> System.out.println(format(
                "%s peak: %s TFLOP/s, %.1f GB/s",
                precision, digits(ceiling.flopsPerSecond() / 1e12), ceiling.bytesPerSecond() / 1e9)));
        System.out.println(FORMULA.strip());
    }

    /** The columns' names of variants that are measured in turn. */
    static String headOfVariants() {
        return format(VARIANT, "mode", "prec", "batch", "images/s", "ms/step", "(p10 to p90)", "of first", "variant");
    }

    /** A variant in the columns of {@link #headOfVariants}. */
    static String rowOfVariant(Measurement row) {
        return row.failure() != null
                ? format("%-5s %-4s %6d  out of memory", row.mode(), row.precision(), row.batchSize())
                : format(
                        VARIANT,
                        row.mode(),
                        row.precision(),
                        row.batchSize(),
                        format("%,.0f", row.imagesPerSecond()),
                        digits(row.step().median()),
                        range(row),
                        format("%.3f", row.ofFirst()),
                        row.variant());
    }

    private static String range(Measurement row) {
        return format("(%s to %s)", digits(row.step().p10()), digits(row.step().p90()));
    }

    /** The columns' names. */
    static String head() {
        return format(
                ROW,
                "mode",
                "prec",
                "batch",
                "graph",
                "images/s",
                "ms/step",
                "(p10 to p90)",
                "TFLOP/s",
                "of peak",
                "roofline",
                "reached",
                "memory");
    }

    /** A measurement in the columns of {@link #head}. */
    static String row(Measurement row) {
        if (row.failure() != null) {
            return format("%-5s %-4s %6d  out of memory", row.mode(), row.precision(), row.batchSize());
        }
        return format(
                ROW,
                row.mode(),
                row.precision(),
                row.batchSize(),
                row.graph() ? "yes" : "no",
                format("%,.0f", row.imagesPerSecond()),
                digits(row.step().median()),
                range(row),
                row.isCounted() ? digits(row.teraflops()) : "-",
                row.isCounted() ? format("%.0f %%", 100 * row.shareOfPeak()) : "-",
                row.isCounted() ? digits(row.roofline() * 1e3) : "-",
                row.isCounted() ? format("%.0f %%", 100 * row.shareOfRoofline()) : "-",
                format("%.1f GiB", row.peakMemory() / 0x1p30));
    }

    /** A number with four digits, of which three at most are decimals. */
    private static String digits(double value) {
        int whole = String.valueOf((long) value).length();
        return format("%." + Math.max(0, 4 - whole) + "f", value);
    }

    private static String format(String text, @Nullable Object... values) {
        return String.format(Locale.ROOT, text, values);
    }
}
