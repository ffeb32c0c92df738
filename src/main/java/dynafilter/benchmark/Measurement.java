package dynafilter.benchmark;

import com.fasterxml.jackson.annotation.JsonInclude;
import dynafilter.runtime.Precision;
import dynafilter.runtime.Timing;

/**
 * One row of a benchmark.
 *
 * @param graph whether the step was replayed from a CUDA graph
 * @param step null where it failed
 * @param flops of a step; NaN where they are not counted
 * @param ceiling of the device in this precision
 * @param roofline the least seconds of a step under that ceiling; NaN where FLOPs are not counted
 * @param peakMemory bytes, on the CPU those of the whole process; 0 where it is not known
 * @param failure what the device said when its memory did not suffice; null where it did
 */
public record Measurement(
        Mode mode,
        Precision precision,
        int batchSize,
        boolean graph,
        Timing step,
        double flops,
        Ceiling ceiling,
        double roofline,
        long peakMemory,
        String failure) {
    /** A row in JSON; what is not known of it is null, and left out. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Row(
            Mode mode,
            Precision precision,
            int batchSize,
            String failure,
            Boolean cudaGraph,
            Double imagesPerSecond,
            Timing stepMs,
            Double flopsPerStep,
            Double tflops,
            Double shareOfPeak,
            Double rooflineMs,
            Double shareOfRoofline,
            Long peakMemoryBytes) {}

    /** Whether it is known what a step computes. */
    public boolean isCounted() {
        return !Double.isNaN(flops);
    }

    public double imagesPerSecond() {
        return batchSize / step.median() * 1e3;
    }

    public double teraflops() {
        return flops / step.median() / 1e9;
    }

    /** Of the measured matrix product's arithmetic, in [0, 1]. */
    public double shareOfPeak() {
        return teraflops() * 1e12 / ceiling.flopsPerSecond();
    }

    /** The roofline's time over the measured one: 1 would be as fast as this device can be. */
    public double shareOfRoofline() {
        return roofline * 1e3 / step.median();
    }

    /** The row as documents have it. */
    public Row row() {
        if (failure != null) {
            return new Row(mode, precision, batchSize, failure, null, null, null, null, null, null, null, null, null);
        }
        return new Row(
                mode,
                precision,
                batchSize,
                null,
                graph,
                imagesPerSecond(),
                step,
                isCounted() ? flops : null,
                isCounted() ? teraflops() : null,
                isCounted() ? shareOfPeak() : null,
                isCounted() ? roofline * 1e3 : null,
                isCounted() ? shareOfRoofline() : null,
                peakMemory);
    }
}
