package dynafilter.benchmark;

import com.fasterxml.jackson.annotation.JsonInclude;
import dynafilter.runtime.Precision;
import dynafilter.runtime.Timing;
import org.jspecify.annotations.Nullable;

/**
 * One row of a benchmark.
 *
 * @param variant the network's name among several that are measured in turn; null: it is measured alone
 * @param graph true: the step was replayed from a CUDA graph; false: it was not
 * @param step the time of a step; NaN where it failed
 * @param ofFirst the median ratio of a step's time to that of the first variant's beside it; NaN where it failed
 * @param flops of a step; NaN: they are not counted
 * @param ceiling of the device in this precision
 * @param roofline the least seconds of a step under that ceiling; NaN: its FLOPs are not counted
 * @param peakMemory in bytes, of all variants; on the CPU that of the whole process; 0: it is not known
 * @param failure the message of a device whose memory did not suffice; null: it did
 */
public record Measurement(
        @Nullable String variant,
        Mode mode,
        Precision precision,
        int batchSize,
        boolean graph,
        Timing step,
        double ofFirst,
        double flops,
        Ceiling ceiling,
        double roofline,
        long peakMemory,
        @Nullable String failure) {
    /** A row in JSON; values that are not known are null, and left out. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Row(
            @Nullable String variant,
            Mode mode,
            Precision precision,
            int batchSize,
            @Nullable String failure,
            @Nullable Boolean cudaGraph,
            @Nullable Double imagesPerSecond,
            @Nullable Timing stepMs,
            @Nullable Double ofFirst,
            @Nullable Double flopsPerStep,
            @Nullable Double tflops,
            @Nullable Double shareOfPeak,
            @Nullable Double rooflineMs,
            @Nullable Double shareOfRoofline,
            @Nullable Long peakMemoryBytes) {}

    /** True: the FLOPs of a step are counted; false: they are not known. */
    public boolean isCounted() {
        return !Double.isNaN(flops);
    }

    /** The throughput. */
    public double imagesPerSecond() {
        return batchSize / step.median() * 1e3;
    }

    /** The rate of arithmetic, in TFLOP/s. */
    public double teraflops() {
        return flops / step.median() / 1e9;
    }

    /** The rate of arithmetic as a share of the measured peak, in [0, 1]. */
    public double shareOfPeak() {
        return teraflops() * 1e12 / ceiling.flopsPerSecond();
    }

    /** The roofline's time over the measured one: 1 is as fast as this device can be. */
    public double shareOfRoofline() {
        return roofline * 1e3 / step.median();
    }

    /** The row for JSON. */
    public Row row() {
        if (failure != null) {
            return new Row(
                    variant, mode, precision, batchSize, failure, null, null, null, null, null, null, null, null, null,
                    null);
        }
        return new Row(
                variant,
                mode,
                precision,
                batchSize,
                null,
                graph,
                imagesPerSecond(),
                step,
                variant == null ? null : ofFirst,
                isCounted() ? flops : null,
                isCounted() ? teraflops() : null,
                isCounted() ? shareOfPeak() : null,
                isCounted() ? roofline * 1e3 : null,
                isCounted() ? shareOfRoofline() : null,
                peakMemory);
    }
}
