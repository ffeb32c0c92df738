package dynafilter.model;

import dynafilter.runtime.ComputeDevice;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Makes the initial tensors of a network, as PyTorch's layers and torchvision's ResNet would. */
public final class StateDict {
    private static final String COUNTER = ".num_batches_tracked";

    private StateDict() {}

    /** Whether the tensor is trained by gradient descent; the others are BatchNorm's running statistics. */
    public static boolean isParameter(String name) {
        return !name.endsWith(".running_mean") && !name.endsWith(".running_var") && !name.endsWith(COUNTER);
    }

    /**
     * A copy of a tensor on a device, convolution weights channels-last, owned by the caller's scope. Autograd does not
     * connect the two.
     */
    public static Tensor toDevice(Tensor tensor, ComputeDevice device) {
        try (NoGradGuard guard = new NoGradGuard()) {
            Tensor copy = tensor.detach().to(device.toTorch(), tensor.scalar_type(), false, true, null);
            return copy.dim() == 4 ? copy.contiguous(MemoryFormat.ChannelsLast) : copy;
        }
    }

    /**
     * A randomly initialised network on the CPU, float32, the same for the same seed. The draws happen in the order of the
     * state dict, the backbone's first.
     *
     * @return every tensor by name; the caller owns them
     */
    public static Map<String, Tensor> random(NetworkShape shape, long seed) {
        Map<String, Tensor> state = new LinkedHashMap<>();
        try (PointerScope scope = new PointerScope()) {
            new NoGradGuard();
            torch.manual_seed(seed);
            Map<String, long[]> shapes = DynamicFilterNetwork.stateShapes(shape);
            shapes.forEach((name, sizes) -> state.put(name, initial(name, shapes)));
            state.values().forEach(Pointer::retainReference);
        }
        return state;
    }

    /**
     * A state dict with the counters of batches that it lacks: nothing is computed from them, and PyTorch before 0.4.1, and
     * who takes averages of weights, writes none. What is added belongs to the caller's scope.
     */
    public static Map<String, Tensor> withCounters(NetworkShape shape, Map<String, Tensor> state) {
        Map<String, Tensor> complete = new LinkedHashMap<>(state);
        DynamicFilterNetwork.stateShapes(shape).forEach((name, sizes) -> {
            if (name.endsWith(COUNTER)) {
                complete.computeIfAbsent(name, missing -> torch.zeros(sizes).to(ScalarType.Long));
            }
        });
        return complete;
    }

    /**
     * Puts other embeddings into a network that was made {@link #random}; closes them.
     *
     * @param embeddings [K, E]
     */
    public static void setEmbeddings(Map<String, Tensor> state, Tensor embeddings) {
        try (embeddings;
                NoGradGuard guard = new NoGradGuard()) {
            state.get(NetworkShape.EMBEDDING).copy_(embeddings);
        }
    }

    private static Tensor initial(String name, Map<String, long[]> shapes) {
        long[] sizes = shapes.get(name);
        if (name.endsWith(COUNTER)) {
            return torch.zeros(sizes).to(ScalarType.Long);
        }
        // The in-place operators return a second Java object for the same tensor: keep to the first.
        Tensor tensor = torch.zeros(sizes);
        if (name.equals(Adapter.CONVOLUTION + ".weight")) {
            tensor.view(sizes[0], sizes[1]).copy_(torch.eye(sizes[0]));
        } else if (name.startsWith(Adapter.PREFIX)) {
            initializeNorm(name, tensor);
        } else if (name.startsWith(BackboneArchitecture.PREFIX)) {
            initializeBackbone(name, tensor);
        } else if (name.equals(NetworkShape.EMBEDDING)) {
            tensor.normal_();
        } else {
            // The default of nn.Linear and nn.Conv2d, for weights (Kaiming uniform with a = sqrt(5)) and biases alike.
            double fanIn = shapes.get(name.replace(".bias", ".weight"))[1];
            tensor.uniform_(-1 / Math.sqrt(fanIn), 1 / Math.sqrt(fanIn), new GeneratorOptional());
        }
        return tensor;
    }

    /** He initialisation, fan out (torchvision's), and BatchNorm as the identity. */
    private static void initializeBackbone(String name, Tensor tensor) {
        if (tensor.dim() == 4) {
            double fanOut = (double) tensor.size(0) * tensor.size(2) * tensor.size(3);
            tensor.normal_(0, Math.sqrt(2 / fanOut), new GeneratorOptional());
        } else {
            initializeNorm(name, tensor);
        }
    }

    private static void initializeNorm(String name, Tensor tensor) {
        if (name.endsWith(".weight") || name.endsWith(".running_var")) {
            tensor.fill_(new Scalar(1.0));
        }
    }
}
