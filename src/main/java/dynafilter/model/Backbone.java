package dynafilter.model;

import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** The backbone: the feature extractor in front of the generated filters, bound to its tensors. */
public interface Backbone extends AutoCloseable {
    /**
     * The feature map of a batch.
     *
     * @param images [N, 3, H, W], normalised
     * @param training true: BatchNorm uses the batch's statistics and updates the running ones; false: it uses the running ones
     * @return the feature map [N, C, h, w], owned by the caller's scope
     */
    Tensor forward(Tensor images, boolean training);

    /**
     * The backbone with the weights that it has now, quicker, for evaluation on the CPU in float32 without gradients: its feature
     * maps are rounded otherwise. Empty where there is none; the caller closes it.
     */
    default Optional<Backbone> fused() {
        return Optional.empty();
    }

    /** Releases what was made to bind the backbone; the tensors stay with their owner. */
    @Override
    void close();
}
