package dynafilter.train;

import dynafilter.data.ImageSet;
import dynafilter.data.device.DeviceImages;
import dynafilter.data.device.EpochBatches;
import dynafilter.data.device.EpochPlan;
import dynafilter.distributed.WorkerGroup;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.NetworkShape;
import dynafilter.model.StateDict;
import dynafilter.runfolder.Recipe;
import dynafilter.runtime.ComputeDevice;
import dynafilter.train.optim.FlatParameters;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Assertions;

/** A network and all that trains it, without a run around it. */
public final class TestBench implements AutoCloseable {
    public final TrainingState state;
    public final FlatParameters parameters;
    final DynamicFilterNetwork network;
    private final Recipe recipe;

    public TestBench(Recipe recipe, Map<String, Tensor> initial) {
        NetworkShape shape = TestRun.shape(recipe);
        this.recipe = recipe;
        state = new TrainingState(recipe, shape, initial, ComputeDevice.CPU, WorkerGroup.single());
        parameters = state.parameters();
        network = state.network();
    }

    /** From random tensors, BatchNorm's too, as a network has that was trained before. Ends with the caller's scope. */
    public static Map<String, Tensor> initial(Recipe recipe) {
        Map<String, Tensor> state = new LinkedHashMap<>();
        Map<String, Tensor> made =
                StateDict.random(TestRun.shape(recipe), recipe.computation().seed());
        torch.manual_seed(recipe.computation().seed());
        try (NoGradGuard guard = new NoGradGuard()) {
            made.forEach((name, tensor) -> {
                Tensor own = tensor.clone();
                if (name.contains(".bn") && tensor.dim() == 1) {
                    boolean positive = name.endsWith("weight") || name.endsWith("var");
                    own.uniform_(positive ? 0.5 : -0.5, positive ? 1.5 : 0.5, new GeneratorOptional());
                } else if (name.endsWith("num_batches_tracked")) {
                    own.fill_(new Scalar(3));
                }
                state.put(name, own);
            });
        }
        made.values().forEach(Pointer::close);
        return state;
    }

    /** Images in their own order, as they are. The caller closes them. */
    static DeviceImages images(int size) {
        try (ImageSet set = TestRun.set("bench", size, 3);
                PointerScope scope = new PointerScope()) {
            return new DeviceImages(set, ComputeDevice.CPU, false);
        }
    }

    /** Begins an epoch in the images' own order. */
    static EpochBatches begin(DeviceImages images) {
        int size = (int) images.size();
        long[] order = LongStream.range(0, size).toArray();
        return images.epoch(new EpochPlan(order, new long[size], new long[size], new long[size]), 0);
    }

    /** One step on {@code batches} batches from the first image on. */
    void step(DeviceImages images, int batchSize, int batches, double learningRate) {
        try (TrainingStep step = new TrainingStep(
                state,
                recipe,
                images.labels(),
                batchSize,
                batches,
                WorkerGroup.single(),
                ComputeDevice.CPU,
                false,
                Assertions::fail)) {
            step.run(begin(images), learningRate, 1);
        }
    }

    /** Copies of all tensors, in the caller's scope. */
    public Map<String, Tensor> copy() {
        Map<String, Tensor> copy = new LinkedHashMap<>();
        parameters
                .state()
                .forEach((name, tensor) -> copy.put(name, tensor.detach().clone()));
        return copy;
    }

    /** A parameter's gradient: live. */
    Tensor gradient(String name) {
        return parameters.view(parameters.gradients(), name);
    }

    @Override
    public void close() {
        state.close();
    }
}
