package dynafilter.model;

import static org.bytedeco.pytorch.global.torch.relu_;

import dynafilter.distributed.WorkerGroup;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.ScriptModule;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * The adapter, a layer between a frozen backbone and the filters: 1x1 convolution, BatchNorm, ReLU. It starts as the identity on
 * features that are not negative, and can mix channels, which the filters alone only weight.
 */
public final class Adapter implements AutoCloseable {
    /** The prefix of the names of its tensors. */
    static final String PREFIX = "adapter.";

    static final String NORM = PREFIX + "bn";
    static final String CONVOLUTION = PREFIX + "conv";

    private static final String FORWARD = """
            def forward(self, v: Tensor) -> Tensor:
                return torch.relu(self.bn.forward(self.conv.forward(v)))
            """;

    private final NativeOwner owner;
    private final ConvolutionNorm layer;
    private final BatchCounters counters;

    /** @param group the processes over whose images BatchNorm takes its statistics */
    Adapter(Map<String, Tensor> state, WorkerGroup group) {
        try (NativeOwner building = new NativeOwner()) {
            layer = building.keep(
                    new ConvolutionNorm(state, CONVOLUTION, NORM, ConvolutionNorm.Window.PIXELS, false, group));
            counters = building.keep(new BatchCounters(List.of(layer.counter())));
            owner = building.handOver();
        }
    }

    /**
     * The adapted features.
     *
     * @param features [N, C, H, W]
     * @return [N, C, H, W]
     */
    Tensor forward(Tensor features, boolean training) {
        if (training) {
            counters.count();
        }
        return relu_(layer.forward(features, training));
    }

    /** The shape of every tensor, by name, in the order of the state dict. */
    static Map<String, long[]> shapes(long channels) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        ConvolutionNorm.shapes(shapes, CONVOLUTION, NORM, channels, channels, 1, 1);
        return shapes;
    }

    /**
     * Initialises BatchNorm as the identity, with the statistics of some features.
     *
     * @param features [N, C, H, W], the backbone's features of training images
     */
    static void calibrate(Map<String, Tensor> state, Tensor features) {
        long[] places = {0, 2, 3};
        Tensor mean = features.mean(places);
        Tensor variance = features.sub(mean.view(1, -1, 1, 1)).square().mean(places);
        StateDict.tensor(state, NORM + ".running_mean").copy_(mean);
        StateDict.tensor(state, NORM + ".running_var").copy_(variance);
        StateDict.tensor(state, NORM + ".bias").copy_(mean);
        StateDict.tensor(state, NORM + ".weight")
                .copy_(variance.add(new Scalar(ConvolutionNorm.EPSILON)).sqrt());
    }

    /** The adapter of a state dict as TorchScript, for evaluation; the caller closes it. */
    public static ScriptModule toTorchScript(Map<String, Tensor> state) {
        return ScriptModule.create("Adapter")
                .module("conv", ScriptLayers.convolution(state, CONVOLUTION, 1, 0, 1))
                .module("bn", ScriptLayers.norm(state, NORM))
                .define(FORWARD);
    }

    @Override
    public void close() {
        owner.close();
    }
}
