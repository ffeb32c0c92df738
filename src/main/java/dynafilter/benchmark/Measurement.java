package dynafilter.benchmark;

import dynafilter.runtime.Precision;
import dynafilter.runtime.Timing;
import java.util.LinkedHashMap;
import java.util.Map;

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

    /** As values for JSON. */
    public Map<String, Object> toMap() {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("mode", mode.toString());
        values.put("precision", precision.toString());
        values.put("batch_size", batchSize);
        if (failure != null) {
            values.put("failure", failure);
            return values;
        }
        values.put("cuda_graph", graph);
        values.put("images_per_second", imagesPerSecond());
        values.put("step_ms", step.toMap());
        if (isCounted()) {
            values.put("flops_per_step", flops);
            values.put("tflops", teraflops());
            values.put("share_of_peak", shareOfPeak());
            values.put("roofline_ms", roofline * 1e3);
            values.put("share_of_roofline", shareOfRoofline());
        }
        values.put("peak_memory_bytes", peakMemory);
        return values;
    }
}
