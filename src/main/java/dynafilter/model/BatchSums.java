package dynafilter.model;

import org.bytedeco.pytorch.Tensor;

/** Adds numbers up over the processes that share a batch, each of which has an equal part of it. */
public interface BatchSums {
    /** Replaces a tensor by its sum over all processes. */
    void sum(Tensor tensor);

    /** How many they are. */
    int processes();
}
