package dynafilter.benchmark;

import dynafilter.data.DeviceImages;
import dynafilter.data.EpochPlan;
import dynafilter.data.ImageSet;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.Freeze;
import dynafilter.model.NetworkShape;
import dynafilter.model.StateDict;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.Precision;
import dynafilter.runtime.RepeatedWork;
import dynafilter.train.EndlessTraining;
import dynafilter.train.Recipe;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Something to measure: a step that can be done again and again, from uint8 pixels on the device to its end. */
interface Workload extends AutoCloseable {
    /** Batches that lie on the device: drawing an epoch's order is a small part of the time, as in a real run. */
    int BATCHES = 16;

    /** Does one step; does not wait for the device. */
    void step();

    /** Whether steps are replayed from a CUDA graph by now. */
    boolean isCaptured();

    @Override
    void close();

    /** The training step of {@link dynafilter.train.Trainer}. */
    static Workload training(
            Recipe recipe, NetworkShape shape, ComputeDevice device, boolean graph, Consumer<String> warning) {
        Map<String, Tensor> initial = StateDict.random(shape, recipe.seed());
        DeviceImages images = images(recipe, shape, device, recipe.augment());
        try {
            EndlessTraining training = new EndlessTraining(recipe, shape, initial, images, device, graph, warning);
            return new Workload() {
                @Override
                public void step() {
                    training.step();
                }

                @Override
                public boolean isCaptured() {
                    return training.isCaptured();
                }

                @Override
                public void close() {
                    training.close();
                    images.close();
                }
            };
        } catch (RuntimeException failure) {
            images.close();
            throw failure;
        } finally {
            initial.values().forEach(Pointer::close);
        }
    }

    /** The scores of batch after batch. */
    static Workload inference(
            Recipe recipe, NetworkShape shape, ComputeDevice device, boolean graph, Consumer<String> warning) {
        return new Inference(recipe, shape, device, graph, warning);
    }

    /** Random pixels and labels: {@value #BATCHES} batches. The caller closes them. */
    private static DeviceImages images(Recipe recipe, NetworkShape shape, ComputeDevice device, boolean padded) {
        long size = (long) BATCHES * recipe.batchSize();
        List<String> classes = IntStream.range(0, shape.classes())
                .mapToObj(label -> "class " + label)
                .toList();
        torch.manual_seed(recipe.seed());
        try (PointerScope scope = new PointerScope();
                ImageSet set = new ImageSet(
                        "random",
                        random(256, ScalarType.Byte, size, 3, 32, 32),
                        random(shape.classes(), ScalarType.Long, size),
                        classes)) {
            return new DeviceImages(set, device, padded);
        }
    }

    private static Tensor random(long below, ScalarType type, long... sizes) {
        return torch.randint(below, sizes, new TensorOptions().dtype(new ScalarTypeOptional(type)));
    }

    /** Inference over resident images, the filters computed once. */
    final class Inference implements Workload {
        private final DynamicFilterNetwork network;
        private final Map<String, Tensor> state = new LinkedHashMap<>();
        private final DeviceImages images;
        private final Precision precision;
        private final ComputeDevice device;
        private final int batchSize;
        private final Tensor filters;
        private final RepeatedWork work;
        private final EpochPlan plan;
        private long steps;

        private Inference(
                Recipe recipe, NetworkShape shape, ComputeDevice device, boolean graph, Consumer<String> warning) {
            precision = recipe.precision();
            this.device = device;
            batchSize = recipe.batchSize();
            images = images(recipe, shape, device, false);
            plan = EpochPlan.of(recipe.seed(), 0, Math.toIntExact(images.size()));
            try (PointerScope scope = new PointerScope();
                    InferenceMode inference = new InferenceMode()) {
                StateDict.random(shape, recipe.seed()).forEach((name, tensor) -> {
                    Tensor placed = StateDict.toDevice(tensor, device);
                    placed.retainReference();
                    state.put(name, placed);
                    tensor.close();
                });
                network = DynamicFilterNetwork.bind(shape, state, Freeze.NONE);
                filters = network.filters();
                filters.retainReference();
            }
            work = RepeatedWork.of(graph, this::scores, warning);
        }

        private void scores() {
            try (PointerScope scope = new PointerScope();
                    InferenceMode inference = new InferenceMode();
                    Precision.Region autocast = precision.autocast(device.type())) {
                network.scores(images.nextBatch(batchSize).images(), filters, false);
            }
        }

        @Override
        public void step() {
            if (steps % BATCHES == 0) {
                images.begin(plan, 0);
            }
            work.run();
            steps++;
        }

        @Override
        public boolean isCaptured() {
            return work.isCaptured();
        }

        @Override
        public void close() {
            work.close();
            filters.close();
            state.values().forEach(Pointer::close);
            images.close();
        }
    }
}
