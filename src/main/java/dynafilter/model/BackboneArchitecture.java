package dynafilter.model;

import dynafilter.distributed.WorkerGroup;
import dynafilter.io.InputException;
import dynafilter.runtime.ConvolutionSizes;
import dynafilter.runtime.ScriptModule;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** The architecture of a backbone: the shapes of its tensors and its computation, without the values of the tensors. */
public interface BackboneArchitecture {
    /** The prefix of the names of a backbone's tensors in the network's state dict. */
    String PREFIX = "backbone.";

    /** The description that people read, such as "ResNet-18 up to layer1". */
    String description();

    /** The shape of every tensor, by its name in the network's state dict, in the order of the state dict. */
    Map<String, long[]> shapes();

    /** True: the tensor of {@link #shapes()} is a parameter, trained by gradient descent; false: it is a buffer. */
    boolean isParameter(String name);

    /**
     * True: autocast casts the parameter as it is, for a convolution that alone reads it, so that one cast of all such parameters
     * gives the same; false: the parameter is read otherwise.
     */
    boolean isCastByAutocast(String name);

    /**
     * True: nothing but a convolution reads the images, which autocast rounds for it, so that images that come rounded give the
     * same; false: they are read otherwise.
     */
    default boolean beginsWithConvolution() {
        return false;
    }

    /** True: the tensor belongs to a BatchNorm, which has a running mean; false: it belongs to another layer. */
    default boolean isBatchNorm(String name) {
        return shapes().containsKey(name.substring(0, name.lastIndexOf('.') + 1) + "running_mean");
    }

    /**
     * The SHA-256, in hex, of the file that holds the backbone's program, without which a checkpoint's tensors are of no use;
     * empty where the program is a part of this one.
     */
    default Optional<String> programSha256() {
        return Optional.empty();
    }

    /**
     * The shape of the feature map of an image.
     *
     * @param imageHeight the height of the image in pixels
     * @param imageWidth the width of the image in pixels
     * @return [C, H, W]
     */
    long[] featureShape(int imageHeight, int imageWidth);

    /**
     * The sizes of all convolutions of an image of this height and width; empty where they are not known.
     *
     * @param imageSize the height and width of the image in pixels
     */
    default Optional<List<ConvolutionSizes>> convolutions(int imageSize) {
        return Optional.empty();
    }

    /**
     * Binds the architecture to its tensors in a state dict, which the caller keeps open.
     *
     * @param frozen true: BatchNorm keeps its running statistics in training, too; false: training moves them
     * @param group the processes over whose images BatchNorm takes its statistics
     * @throws InputException where the architecture cannot take BatchNorm's statistics over several processes
     */
    Backbone bind(Map<String, Tensor> state, boolean frozen, WorkerGroup group);

    /** A TorchScript module with a method {@code forward} and these tensors, for evaluation; the caller closes it. */
    ScriptModule toTorchScript(Map<String, Tensor> state);
}
