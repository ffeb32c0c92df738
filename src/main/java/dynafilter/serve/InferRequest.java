package dynafilter.serve;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An inference request of the Open Inference Protocol.
 *
 * @param id the client's name for the request; null where it has none
 * @param outputs the tensors that are asked for by name, in their order; empty: all are wanted
 * @param binary true: all of them are wanted behind the answer's JSON; false: in it
 */
record InferRequest(@Nullable String id, Input input, List<Output> outputs, boolean binary) {
    /** The one input tensor. */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Input(String name, String datatype, long[] shape, TensorData data) {}

    /**
     * A tensor that is asked for.
     *
     * @param binary true: behind the answer's JSON; false: in it
     */
    record Output(String name, boolean binary) {}
}
