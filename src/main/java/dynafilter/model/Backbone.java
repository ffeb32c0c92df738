package dynafilter.model;

import org.bytedeco.pytorch.Tensor;

/** The feature extractor in front of the generated filters, bound to its tensors. */
public interface Backbone extends AutoCloseable {
    /**
     * @param images [N, 3, H, W], normalised
     * @param training true: BatchNorm takes the batch's statistics, and updates the running ones; false: it takes those
     * @return the feature map [N, C, h, w], owned by the caller's scope
     */
    Tensor forward(Tensor images, boolean training);

    /** Lets go of what was made to bind it; the tensors stay with their owner. */
    @Override
    void close();
}
