package dynafilter.train;

import dynafilter.checkpoint.Checkpoint;
import dynafilter.data.DataSet;
import dynafilter.data.ImageSet;
import dynafilter.data.device.ChannelStatistics;
import dynafilter.data.device.DataMemory;
import dynafilter.distributed.WorkerGroup;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.NetworkShape;
import dynafilter.model.ResNetArchitecture;
import dynafilter.model.StateDict;
import dynafilter.runfolder.EpochResult;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.Recipes;
import dynafilter.runfolder.RunDirectory;
import dynafilter.runfolder.StopReason;
import dynafilter.runtime.ComputeDevice;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** A small training run in a folder, on images that each show their class's colour under noise. */
public final class TestRun implements AutoCloseable {
    static final List<String> CLASSES =
            IntStream.range(0, 10).mapToObj(label -> "class " + label).toList();

    final RunDirectory directory;
    final Trainer trainer;
    final TrainingData data;
    final Map<String, Tensor> initial;
    final List<EpochResult> epochs = new ArrayList<>();
    final List<Long> savedBefore = new ArrayList<>(); // the step of last.pt when an epoch was evaluated
    final TrainingSetup setup;
    private final FeatureShelf own;
    private Predicate<TestRun> stop;

    /** @param stop asked after every step */
    TestRun(Recipe recipe, Path folder, Predicate<TestRun> stop) {
        this(recipe, folder, images(640, 100), stop);
    }

    /** Closes the set. */
    TestRun(Recipe recipe, Path folder, DataSet set, Predicate<TestRun> stop) {
        this(recipe, folder, set, stop, WorkerGroup.single());
    }

    /** One rank's part of a run; closes the set. */
    TestRun(Recipe recipe, Path folder, DataSet set, Predicate<TestRun> stop, WorkerGroup group) {
        this(recipe, folder, set, stop, group, state -> {});
    }

    /** @param change is made to the network before it begins */
    TestRun(
            Recipe recipe,
            Path folder,
            DataSet set,
            Predicate<TestRun> stop,
            WorkerGroup group,
            Consumer<Map<String, Tensor>> change) {
        this(recipe, folder, set, stop, group, change, DataMemory.AUTO, null);
    }

    /**
     * @param memory the place of images and features
     * @param shared the features that the run shares with others; null: none
     */
    TestRun(
            Recipe recipe,
            Path folder,
            DataSet set,
            Predicate<TestRun> stop,
            WorkerGroup group,
            Consumer<Map<String, Tensor>> change,
            DataMemory memory,
            @Nullable FeatureShelf shared) {
        this.stop = stop;
        own = new FeatureShelf();
        directory = new RunDirectory(folder);
        directory.makeWritable();
        NetworkShape shape = shape(recipe);
        initial = StateDict.random(shape, recipe.computation().seed());
        change.accept(initial);
        try (set) {
            data = TrainingData.of(set, recipe, ChannelStatistics.CIFAR, null, ComputeDevice.CPU, memory);
        }
        TrainingListener listener = new TrainingListener() {
            @Override
            public void epochEvaluated(EpochResult result, DynamicFilterNetwork evaluated) {
                savedBefore.add(savedStep());
            }

            @Override
            public void epochFinished(EpochResult result) {
                epochs.add(result);
            }
        };
        setup = new TrainingSetup(
                recipe,
                shape,
                initial,
                data,
                null,
                ComputeDevice.CPU,
                false,
                directory,
                shared == null ? own : shared,
                listener,
                this::stops,
                group);
        trainer = new Trainer(setup);
    }

    static TrainingData data(DataSet set, Recipe recipe) {
        return TrainingData.of(set, recipe, ChannelStatistics.CIFAR, null, ComputeDevice.CPU, DataMemory.AUTO);
    }

    /** Of the network that a recipe asks for. */
    static NetworkShape shape(Recipe recipe) {
        return NetworkShape.of(
                ResNetArchitecture.STEM,
                recipe.network().design(),
                10,
                recipe.network().adapter());
    }

    static TestRun of(Recipe recipe, Path folder) {
        return new TestRun(recipe, folder, run -> false);
    }

    /** @param whenDone asked after every step, with the number of steps done */
    void stopWhen(LongPredicate whenDone) {
        stop = run -> whenDone.test(run.trainer.step());
    }

    /** The step of last.pt; 0 before there is one. */
    private long savedStep() {
        if (!Files.exists(directory.last())) {
            return 0;
        }
        try (Checkpoint saved = Checkpoint.read(directory.last())) {
            return saved.step();
        }
    }

    private boolean stops() {
        return stop.test(this);
    }

    /** Two epochs of four steps of 16 images by SGD, and the values given by name. */
    public static Recipe recipe(Object... namesAndValues) {
        Map<String, Object> values = new LinkedHashMap<>(Map.of(
                "data", "sample", "backbone", "random", "epochs", 2, "batch_size", 16, "lr", 0.05, "limit_train", 64));
        values.putAll(Map.of("limit_test", 40, "optimizer", "sgd", "label_smoothing", 0));
        return with(Recipes.with(Recipe.DEFAULT, values, true), namesAndValues);
    }

    public static Recipe with(Recipe recipe, Object... namesAndValues) {
        Map<String, Object> values = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            values.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return Recipes.with(recipe, values, true);
    }

    static DataSet images(int train, int test) {
        return DataSet.of("colours", set("train", train, 1), set("test", test, 2));
    }

    public static ImageSet set(String name, int size, long seed) {
        try (PointerScope scope = new PointerScope()) {
            torch.manual_seed(0);
            Tensor colours = torch.rand(10, 3, 1, 1).mul(new Scalar(120.0));
            torch.manual_seed(seed);
            Tensor labels =
                    torch.arange(new Scalar(size)).remainder(new Scalar(10)).to(ScalarType.Long);
            Tensor noise = torch.rand(size, 3, 32, 32).mul(new Scalar(135.0));
            Tensor images = colours.index_select(0, labels).add(noise).to(ScalarType.Byte);
            return new ImageSet(name, images, labels, CLASSES);
        }
    }

    TestRun resume() {
        try (Checkpoint checkpoint = Checkpoint.read(directory.last())) {
            trainer.resume(checkpoint, directory.last());
        }
        return this;
    }

    StopReason run() {
        return trainer.run();
    }

    /** A whole run from start to end. */
    static StopReason run(Recipe recipe, Path folder) {
        try (TestRun run = of(recipe, folder)) {
            return run.run();
        }
    }

    /** history.csv without the columns that tell times. */
    static List<String> history(Path folder) {
        try {
            return Files.readAllLines(new RunDirectory(folder).history()).stream()
                    .map(row -> row.replaceAll("(,[^,]*){2}$", ""))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        trainer.close();
        own.close();
        data.close();
        initial.values().forEach(Pointer::close);
    }
}
