package dynafilter.train;

import static dynafilter.TensorAssert.assertIdentical;
import static dynafilter.TensorAssert.difference;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.checkpoint.Checkpoint;
import dynafilter.data.DataSet;
import dynafilter.data.device.Batch;
import dynafilter.data.device.ChannelStatistics;
import dynafilter.data.device.DataMemory;
import dynafilter.data.device.EpochBatches;
import dynafilter.data.device.EpochPlan;
import dynafilter.distributed.WorkerGroup;
import dynafilter.io.InputException;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.runfolder.EpochResult;
import dynafilter.runfolder.OptimizerKind;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.Recipes;
import dynafilter.runfolder.RunDirectory;
import dynafilter.runfolder.Setting;
import dynafilter.runfolder.StopReason;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.TensorBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A run that computes the features of a frozen backbone once is the run that computes them anew, as far as it shows the same crops. */
@ExtendWith(NativeScope.class)
class FrozenFeaturesTest {
    private static final long GIB = 1L << 30;

    @TempDir
    private Path folder;

    private static Recipe frozen(int views, Object... values) {
        return TestRun.with(TestRun.recipe("freeze", "all", "feature_views", views), values);
    }

    private static TestRun of(Recipe recipe, Path folder, DataMemory memory, Predicate<TestRun> stop) {
        DataSet images = TestRun.images(70, 45);
        return new TestRun(recipe, folder, images, stop, WorkerGroup.single(), state -> {}, memory, null);
    }

    private Path train(String name, Recipe recipe, DataMemory memory) {
        Path out = folder.resolve(name);
        try (TestRun run = of(recipe, out, memory, done -> false)) {
            assertEquals(StopReason.FINISHED, run.run());
        }
        return out;
    }

    private static void assertSameRun(Path expected, Path actual) {
        assertEquals(TestRun.history(expected), TestRun.history(actual));
        try (Checkpoint one = Checkpoint.read(expected.resolve("last.pt"));
                Checkpoint other = Checkpoint.read(actual.resolve("last.pt"))) {
            assertIdentical(one.model(), other.model());
            assertIdentical(one.average().orElse(Map.of()), other.average().orElse(Map.of()));
            assertEquals(one.bestAccuracy(), other.bestAccuracy());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "AUTO, fp32, false, 0, 1",
        "AUTO, fp32, true, 0.5, 2",
        "AUTO, bf16, true, 0, 1",
        "STREAM, fp32, true, 0, 1",
        "STREAM, bf16, false, 0.5, 2"
    })
    void withoutAugmentationEveryNumberIsTheSame(
            DataMemory memory, String precision, boolean adapter, double ema, int accumulate) {
        Object[] values = {
            "augment", false, "precision", precision, "adapter", adapter, "ema", ema, "accumulate", accumulate
        };
        assertSameRun(train("anew", frozen(0, values), DataMemory.AUTO), train("once", frozen(1, values), memory));
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "STREAM"})
    void theFirstEpochsShowTheCropsOfARunWithoutViews(DataMemory memory) {
        Recipe anew = frozen(0, "epochs", 4, "limit_train", 0);
        Recipe views = TestRun.with(anew, "feature_views", 2);
        List<String> expected = TestRun.history(train("anew", anew, DataMemory.AUTO));
        List<String> actual = TestRun.history(train("views", views, memory));
        assertEquals(expected.subList(0, 3), actual.subList(0, 3), "two epochs, and the header");
        assertNotEquals(expected.get(3), actual.get(3), "the third shows the first's crops again");
        assertSameRun(folder.resolve("anew"), train("many", TestRun.with(anew, "feature_views", 5), memory));
    }

    /** A view is all transforms of an image, not its crop and flip alone. */
    @Test
    void theFirstEpochsShowTheTransformsOfARunWithoutViews() {
        Recipe anew = frozen(0, "limit_train", 0, "flip", "v", "scale", "0.3", "color_jitter", "0.4", "erase", 0.5);
        Recipe views = TestRun.with(anew, "feature_views", 2);
        assertSameRun(train("anew", anew, DataMemory.AUTO), train("views", views, DataMemory.AUTO));
    }

    @Test
    void mixedImagesHaveNoFeaturesToKeep() {
        FeatureMemory room = new FeatureMemory(DataMemory.AUTO, 9 * GIB, 9 * GIB, GIB, GIB / 10);
        Recipe mixed = TestRun.recipe("freeze", "all", "mixup", 0.2);
        assertEquals(0, room.settled(mixed, WorkerGroup.single()).images().featureViews());
        String actual = assertThrows(InputException.class, () -> TestRun.with(mixed, "feature_views", 2))
                .getMessage();
        assertTrue(actual.startsWith("--feature-views 2 with --mixup: images are mixed anew"), actual);
        train("mixed", frozen(0, "mixup", 0.2, "cutmix", 1), DataMemory.AUTO);
        assertEquals(3, TestRun.history(folder.resolve("mixed")).size(), "two epochs, and the header");
    }

    @ParameterizedTest
    @EnumSource(names = {"AUTO", "STREAM"})
    void aViewIsTheCropOfTheEpochThatShowsItFirstAndComesAgain(DataMemory memory) {
        try (Shown shown = new Shown(frozen(2, "limit_train", 0), memory, WorkerGroup.single(), folder)) {
            List<Tensor> epochs = new ArrayList<>();
            for (int epoch = 0; epoch < 4; epoch++) {
                epochs.add(shown.epoch(epoch));
            }
            assertTrue(difference(epochs.get(0), epochs.get(1)) > 0.1, "views differ");
            assertIdentical(epochs.get(0), epochs.get(2), "view 0 comes again");
            assertIdentical(epochs.get(1), epochs.get(3), "view 1 comes again");
            for (int view = 0; view < 2; view++) {
                assertIdentical(shown.computed(view), epochs.get(view), "view " + view);
            }
        }
    }

    /** The examples of a run, and what they show, by image. */
    private static final class Shown implements AutoCloseable {
        private final Recipe recipe;
        private final TrainingData data;
        private final TestBench bench;
        private final DynamicFilterNetwork network;
        private final FeatureShelf shelf = new FeatureShelf();
        private final FrozenFeatures features;

        Shown(Recipe recipe, DataMemory memory, WorkerGroup group, Path folder) {
            this.recipe = recipe;
            Map<String, Tensor> initial = TestBench.initial(recipe);
            try (DataSet set = TestRun.images(70, 45)) {
                data = TrainingData.of(set, recipe, ChannelStatistics.CIFAR, null, ComputeDevice.CPU, memory);
            }
            bench = new TestBench(recipe, initial);
            network = bench.network;
            TrainingSetup setup = new TrainingSetup(
                    recipe,
                    TestRun.shape(recipe),
                    initial,
                    data,
                    null,
                    ComputeDevice.CPU,
                    false,
                    new RunDirectory(folder),
                    shelf,
                    new TrainingListener() {},
                    () -> false,
                    group);
            features = new FrozenFeatures(
                    setup,
                    network,
                    new Evaluator(recipe.computation().precision(), ComputeDevice.CPU),
                    shelf.of(
                            FeatureKey.of(setup, memory == DataMemory.STREAM),
                            ComputeDevice.CPU,
                            memory == DataMemory.STREAM ? folder : null));
        }

        /** The features that an epoch shows, in the order of the set; taken in batches that do not divide it. */
        Tensor epoch(int epoch) {
            assertTrue(features.prepare(epoch, () -> false));
            EpochPlan plan = data.training().plan(recipe.computation().seed(), epoch);
            EpochBatches batches = features.begin(plan, epoch, 0);
            TensorVector parts = new TensorVector();
            for (long at = 0; at < data.training().size(); at += 16) {
                Batch batch = batches.stage(Math.min(16, 70 - at)).next(Math.min(16, 70 - at));
                assertTrue(batch.areFeatures());
                parts.push_back(batch.images());
            }
            return torch.cat(parts).index_select(0, TensorBytes.of(plan.order()).argsort());
        }

        /** The features of an epoch's crops, computed in the order and the batches of a run without views. */
        Tensor computed(int epoch) {
            EpochPlan plan = data.training().plan(recipe.computation().seed(), epoch);
            EpochBatches batches = data.training().epoch(plan, 0);
            TensorVector parts = new TensorVector();
            try (NoGradGuard guard = new NoGradGuard()) {
                for (long at = 0; at < data.training().size(); at += 16) {
                    long size = Math.min(16, 70 - at);
                    parts.push_back(network.backboneFeatures(
                            batches.stage(size).next(size).images(), true));
                }
            }
            return torch.cat(parts).index_select(0, TensorBytes.of(plan.order()).argsort());
        }

        @Override
        public void close() {
            features.close();
            shelf.close();
            bench.close();
            data.close();
        }
    }

    @ParameterizedTest
    @CsvSource({"AUTO, 5", "AUTO, 8", "AUTO, 11", "STREAM, 11"})
    void aRunThatIsStoppedAndResumedIsTheOneThatNeverStopped(DataMemory memory, long step) {
        Recipe recipe = frozen(2, "epochs", 4, "ema", 0.7, "limit_train", 0);
        Path straight = train("straight", recipe, memory);
        Path parts = folder.resolve("parts");
        try (TestRun run = of(recipe, parts, memory, done -> done.trainer.step() == step)) {
            assertEquals(StopReason.INTERRUPTED, run.run());
            assertEquals(step, run.trainer.step());
        }
        finish(recipe, parts, memory);
        assertSameRun(straight, parts);
    }

    @Test
    void aRunThatIsStoppedWhileItComputesAViewGoesOnBeforeIt() {
        Recipe recipe = frozen(2, "epochs", 3);
        Path straight = train("straight", recipe, DataMemory.AUTO);
        Path parts = folder.resolve("parts");
        int[] asked = {0};
        Predicate<TestRun> secondTime = run -> run.trainer.step() == 4 && ++asked[0] >= 2; // after the epoch's end
        try (TestRun run = of(recipe, parts, DataMemory.AUTO, secondTime)) {
            assertEquals(StopReason.INTERRUPTED, run.run());
            assertEquals(4, run.trainer.step());
        }
        assertEquals(3, asked[0], "the epoch's end, the view, the reason");
        finish(recipe, parts, DataMemory.AUTO);
        assertSameRun(straight, parts);
    }

    @ParameterizedTest
    @EnumSource
    void aRunThatIsStoppedWhileItComputesTheFirstViewEndsAtOnce(OptimizerKind optimizer) {
        Recipe recipe = frozen(2, "epochs", 3, "optimizer", optimizer.toString(), "ema", 0.7);
        Path straight = train("straight", recipe, DataMemory.AUTO);
        Path parts = folder.resolve("parts");
        try (TestRun run = of(recipe, parts, DataMemory.AUTO, any -> true)) {
            assertEquals(StopReason.INTERRUPTED, run.run());
            assertEquals(0, run.trainer.step());
        }
        finish(recipe, parts, DataMemory.AUTO);
        assertSameRun(straight, parts);
    }

    private static void finish(Recipe recipe, Path parts, DataMemory memory) {
        try (TestRun run = of(recipe, parts, memory, done -> false)) {
            run.initial.values().forEach(Tensor::zero_); // nothing of it may be left
            assertEquals(StopReason.FINISHED, run.resume().run());
        }
    }

    @Test
    void resumingRefusesOtherViews() {
        train("run", frozen(2, "epochs", 1), DataMemory.AUTO);
        try (TestRun run = of(frozen(3), folder.resolve("run"), DataMemory.AUTO, done -> false)) {
            String actual = assertThrows(InputException.class, run::resume).getMessage();
            assertTrue(actual.contains("the checkpoint was trained with --feature-views 2, not 3"), actual);
        }
    }

    @ParameterizedTest
    @CsvSource({"AUTO, 2", "AUTO, 4", "STREAM, 2"})
    void ranksComputeAViewTogether(DataMemory memory, int ranks) throws InterruptedException {
        Recipe recipe = frozen(2, "limit_train", 0);
        List<Tensor> expected = new ArrayList<>();
        try (Shown shown = new Shown(recipe, memory, WorkerGroup.single(), folder)) {
            expected.add(shown.epoch(0));
            expected.add(shown.epoch(1));
        }
        RankThreads.run(ranks, group -> {
            try (Shown shown = made(recipe, memory, group)) {
                for (int epoch = 0; epoch < 2; epoch++) {
                    assertIdentical(expected.get(epoch), shown.epoch(epoch), "rank " + group.rank());
                }
                return group.rank();
            }
        });
    }

    /** One after the other: the images are drawn from a generator that all threads have in common. */
    private synchronized Shown made(Recipe recipe, DataMemory memory, WorkerGroup group) {
        return new Shown(recipe, memory, group, folder);
    }

    @Test
    void ranksTrainWhatOneProcessTrains() throws InterruptedException {
        Recipe recipe = frozen(2, "epochs", 4, "lr", 0.01, "limit_train", 0);
        List<EpochResult> alone;
        try (TestRun run = of(recipe, folder.resolve("alone"), DataMemory.AUTO, done -> false)) {
            run.run();
            alone = new ArrayList<>(run.epochs);
        }
        List<List<EpochResult>> ranks = RankThreads.run(2, group -> {
            try (TestRun run = rank(recipe, group)) {
                run.run();
                return new ArrayList<>(run.epochs);
            }
        });
        for (int i = 0; i < 4; i++) {
            double expected = alone.get(i).trainLoss();
            assertEquals(expected, ranks.get(0).get(i).trainLoss(), 1e-5 * expected);
            assertEquals(
                    alone.get(i).loss(),
                    ranks.get(1).get(i).loss(),
                    1e-5 * alone.get(i).loss());
        }
    }

    private synchronized TestRun rank(Recipe recipe, WorkerGroup group) {
        return new TestRun(recipe, folder.resolve("rank" + group.rank()), TestRun.images(70, 45), done -> false, group);
    }

    @Test
    void nothingIsLeftOfAFileOfFeatures() throws IOException {
        Path out = train("run", frozen(2), DataMemory.STREAM);
        try (Stream<Path> files = Files.list(out)) {
            assertTrue(files.noneMatch(file -> file.getFileName().toString().contains("features")));
        }
    }

    @ParameterizedTest
    @CsvSource({
        // memory, device and disk in GiB, asked, views or the beginning of the message
        "AUTO, 9, 100, auto, 8",
        "AUTO, 4, 100, auto, 3",
        "AUTO, 0, 100, auto, 0",
        "AUTO, 4, 100, 20, 20",
        "AUTO, 4, 2, 3, 3",
        "AUTO, 4, 2, 4, '--feature-views 4: a view takes 1.0 GiB, and there is room for 3; give --feature-views 3'",
        "RESIDENT, 4, 100, 4, '--feature-views 4: a view takes 1.0 GiB of memory, and there is room for 3; give'",
        "RESIDENT, 4, 100, auto, 3",
        "STREAM, 9, 3, auto, 2",
        "STREAM, 9, 0, 1, '--feature-views 1: a view takes 1.0 GiB of disk, and there is room for none; give'"
    })
    void asManyViewsAsThereIsRoomFor(DataMemory memory, long device, long disk, String asked, String expected) {
        FeatureMemory room = new FeatureMemory(memory, device * GIB, disk * GIB, GIB, GIB / 10);
        Map<String, Object> values = new LinkedHashMap<>(Map.of("freeze", "all", "feature_views", asked));
        Recipe recipe = Recipes.with(TestRun.recipe(), values, true);
        if (expected.startsWith("--")) {
            String actual = assertThrows(InputException.class, () -> room.settled(recipe, WorkerGroup.single()))
                    .getMessage();
            assertTrue(actual.startsWith(expected), actual);
        } else {
            Recipe settled = room.settled(recipe, WorkerGroup.single());
            assertEquals(Integer.parseInt(expected), settled.images().featureViews());
        }
    }

    @Test
    void theFewestViewsOfAllRanksAreSettledOn() throws InterruptedException {
        Recipe recipe = TestRun.recipe("freeze", "all");
        List<Integer> views = RankThreads.run(2, group -> {
            FeatureMemory room = new FeatureMemory(DataMemory.AUTO, (4 + group.rank()) * GIB, 0, GIB, 0);
            return room.settled(recipe, group).images().featureViews();
        });
        assertEquals(List.of(4, 4), views);
    }

    @Test
    void anImageThatIsNotAugmentedHasOneView() {
        FeatureMemory room = new FeatureMemory(DataMemory.AUTO, 9 * GIB, 0, GIB, 0);
        Recipe recipe = TestRun.recipe("freeze", "all", "augment", false);
        assertEquals(1, room.settled(recipe, WorkerGroup.single()).images().featureViews());
        Recipe trained = TestRun.recipe("augment", false);
        assertEquals(
                Setting.OPEN,
                room.settled(trained, WorkerGroup.single()).images().featureViews());
    }
}
