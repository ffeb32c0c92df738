package dynafilter.model;

import dynafilter.distributed.WorkerGroup;
import dynafilter.io.InputException;
import dynafilter.runtime.ScriptModule;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/** What a backbone is made of and how it computes, without the values of its tensors. */
public interface BackboneArchitecture {
    /** What the names of a backbone's tensors begin with in the network's state dict. */
    String PREFIX = "backbone.";

    /** For people, such as "ResNet-18 up to layer1". */
    String description();

    /** The shape of every tensor, by its name in the network's state dict, in its order. */
    Map<String, long[]> shapes();

    /** Whether the tensor of {@link #shapes()} is trained by gradient descent; the others are buffers. */
    boolean isParameter(String name);

    /**
     * Whether autocast casts the parameter as it is and nothing else reads it: it goes straight into a convolution. A cast
     * made for all of them at once is then the same.
     */
    boolean isCastByAutocast(String name);

    /** Whether the tensor is one of a BatchNorm: those have a running mean beside them. */
    default boolean isBatchNorm(String name) {
        return shapes().containsKey(name.substring(0, name.lastIndexOf('.') + 1) + "running_mean");
    }

    /**
     * The SHA-256 of the file that says how the backbone computes, without which a checkpoint's tensors are of no use; none
     * where this class knows.
     */
    default Optional<String> programSha256() {
        return Optional.empty();
    }

    /**
     * The size of the feature map that images of a size make.
     *
     * @return C, H, W
     */
    long[] featureShape(int imageHeight, int imageWidth);

    /**
     * Binds the architecture to its tensors in a state dict, which the caller keeps open.
     *
     * @param frozen true: BatchNorm keeps its running statistics in training, too; false: training moves them
     * @param group the processes over whose images BatchNorm takes its statistics
     * @throws InputException where the architecture cannot take them over several processes
     */
    Backbone bind(Map<String, Tensor> state, boolean frozen, WorkerGroup group);

    /** A TorchScript module with a method {@code forward} and these tensors, for evaluation; the caller closes it. */
    ScriptModule toTorchScript(Map<String, Tensor> state);
}
