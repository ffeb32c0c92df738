package dynafilter.model;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** The feature extractor in front of the generated filters. */
public interface Backbone {
    /** What the names of its tensors begin with in the network's state dict. */
    String PREFIX = "backbone.";

    /**
     * @param images [N, 3, H, W], normalised
     * @param training whether BatchNorm takes the batch's statistics (and updates the running ones)
     * @return the feature map [N, C, h, w], owned by the caller's scope
     */
    Tensor forward(Tensor images, boolean training);

    /**
     * Binds ResNet-18's stem to its tensors in a state dict, which the caller keeps open.
     *
     * @param frozen whether BatchNorm keeps its running statistics in training, too
     */
    static Backbone bind(Map<String, Tensor> state, boolean frozen) {
        return new ResNetStem(state, frozen);
    }

    /** The shape of every tensor of the backbone, by its name in the network's state dict. */
    static Map<String, long[]> shapes() {
        return ResNetStem.shapes();
    }
}
