package dynafilter.benchmark;

import dynafilter.data.ImageSet;
import dynafilter.data.device.ChannelStatistics;
import dynafilter.data.device.DeviceImages;
import dynafilter.data.device.EpochPlan;
import dynafilter.data.device.StepBatches;
import dynafilter.data.device.Transforms;
import dynafilter.model.Classifier;
import dynafilter.model.NetworkShape;
import dynafilter.runfolder.Recipe;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.Precision;
import dynafilter.runtime.RepeatedWork;
import dynafilter.train.EndlessTraining;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** A step that can be repeated and measured, from uint8 pixels on the device to its end. */
interface Workload extends AutoCloseable {
    /** The number of batches on the device, so that drawing an epoch's order is a small part of the time, as in a real run. */
    int BATCHES = 16;

    /** Starts one step; does not wait for the device. */
    void step();

    /** True: steps are replayed from a CUDA graph by now; false: they are not. */
    boolean isCaptured();

    @Override
    void close();

    /**
     * The training step of {@link dynafilter.train.Trainer}.
     *
     * @param initial every tensor of the network by name; these are copied
     */
    static Workload training(
            Recipe recipe,
            NetworkShape shape,
            Map<String, Tensor> initial,
            ComputeDevice device,
            boolean graph,
            Consumer<String> warning) {
        try (NativeOwner building = new NativeOwner()) {
            DeviceImages images = building.keep(images(
                    recipe,
                    shape.classes(),
                    shape.imageSize(),
                    device,
                    recipe.augmentation().transforms(shape.imageSize())));
            EndlessTraining training =
                    building.keep(new EndlessTraining(recipe, shape, initial, images, device, graph, warning));
            NativeOwner owner = building.handOver();
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
                    owner.close();
                }
            };
        }
    }

    /**
     * The inference step: the scores of batch after batch.
     *
     * @param classifier not closed with this
     */
    static Workload inference(
            Recipe recipe,
            Classifier classifier,
            int imageSize,
            ComputeDevice device,
            boolean graph,
            Consumer<String> warning) {
        return new Inference(recipe, classifier, imageSize, device, graph, warning);
    }

    /** The images of {@value #BATCHES} batches, with random pixels and labels. The caller closes them. */
    private static DeviceImages images(
            Recipe recipe, int classes, int imageSize, ComputeDevice device, Transforms transforms) {
        long size = (long) BATCHES * recipe.optimization().batchSize();
        List<String> names =
                IntStream.range(0, classes).mapToObj(label -> "class " + label).toList();
        torch.manual_seed(recipe.computation().seed());
        try (PointerScope scope = new PointerScope();
                ImageSet set = new ImageSet(
                        "random",
                        random(256, ScalarType.Byte, size, 3, imageSize, imageSize),
                        random(classes, ScalarType.Long, size),
                        names)) {
            return new DeviceImages(set, null, device, transforms, false, ChannelStatistics.CIFAR);
        }
    }

    private static Tensor random(long below, ScalarType type, long... sizes) {
        return torch.randint(below, sizes, new TensorOptions().dtype(new ScalarTypeOptional(type)));
    }

    /** Inference over resident images, the filters computed once. */
    final class Inference implements Workload {
        private final Classifier classifier;
        private final DeviceImages images;
        private final Precision precision;
        private final ComputeDevice device;
        private final int batchSize;
        private final RepeatedWork work;
        private final EpochPlan plan;
        private @Nullable StepBatches batches; // of the current pass over the images; null before the first step
        private final NativeOwner owner;
        private long steps;

        private Inference(
                Recipe recipe,
                Classifier classifier,
                int imageSize,
                ComputeDevice device,
                boolean graph,
                Consumer<String> warning) {
            this.classifier = classifier;
            precision = recipe.computation().precision();
            this.device = device;
            batchSize = recipe.optimization().batchSize();
            try (NativeOwner building = new NativeOwner()) {
                images = building.keep(images(recipe, 10, imageSize, device, Transforms.NONE));
                plan = images.plan(recipe.computation().seed(), 0);
                work = building.keep(RepeatedWork.of(graph, this::scores, warning));
                owner = building.handOver();
            }
        }

        private void scores() {
            try (PointerScope scope = new PointerScope();
                    InferenceMode inference = new InferenceMode();
                    Precision.Region autocast = precision.autocast(device.type())) {
                classifier.scores(
                        Objects.requireNonNull(batches, "a step stages them").nextPixels(batchSize));
            }
        }

        @Override
        public void step() {
            if (steps % BATCHES == 0) {
                try (InferenceMode inference = new InferenceMode()) { // as the steps that read on from where it begins
                    batches = images.epoch(plan, 0).stage((long) BATCHES * batchSize);
                }
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
            owner.close();
        }
    }
}
