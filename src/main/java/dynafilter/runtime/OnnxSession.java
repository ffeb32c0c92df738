package dynafilter.runtime;

import java.nio.ByteBuffer;
import java.util.Map;

/** An ONNX file that ONNX Runtime has loaded; see {@link OnnxRuntime#open}. It may be run by several threads. */
public interface OnnxSession extends AutoCloseable {
    /** What the file says beside its graph, by name. */
    Map<String, String> metadata();

    /** The values of an output, row by row. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Output(float[] values, long[] shape) {}

    /**
     * Computes one output.
     *
     * @param input the name of the graph's input
     * @param values its elements in native order, in memory outside of Java's; they are read until this returns
     * @param isFloat true: they are float32; false: they are uint8
     * @param output the name of the output
     * @throws IllegalStateException where the graph refuses the input, or has no such values
     */
    Output run(String input, ByteBuffer values, boolean isFloat, long[] shape, String output);

    @Override
    void close();
}
