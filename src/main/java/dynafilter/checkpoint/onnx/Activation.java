package dynafilter.checkpoint.onnx;

import dynafilter.checkpoint.translation.Shaped;
import java.util.Arrays;

/**
 * A tensor that the graph computes.
 *
 * @param name of the value in the graph
 * @param shape the shape that the network gives it; the batch's size is {@link OnnxGraph#BATCH}
 * @param stored the shape of the value in the graph, which may have the same elements in other dimensions; a first one of
 *     {@link #ROWS} is of whatever size
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Activation(String name, long[] shape, long[] stored) implements Shaped {
    /** The number of a matrix's rows, which depends on the batch's size. */
    static final long ROWS = -2;

    static Activation of(String name, long... shape) {
        return new Activation(name, shape, shape);
    }

    /** The result of an operator that computes each element by itself. */
    Activation elementwise(String result) {
        return new Activation(result, shape, stored);
    }

    /** The same elements in other dimensions, without an operator: the graph keeps the old ones until it matters. */
    Activation reshaped(long... dimensions) {
        return new Activation(name, dimensions, stored);
    }

    /** True: the graph's value has the network's dimensions; false: it has others. */
    boolean isPlain() {
        return Arrays.equals(shape, stored);
    }
}
