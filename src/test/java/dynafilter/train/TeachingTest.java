package dynafilter.train;

import static dynafilter.TensorAssert.assertClose;
import static dynafilter.TensorAssert.assertIdentical;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.Python;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.DataSet;
import dynafilter.data.ImageSet;
import dynafilter.data.device.Batch;
import dynafilter.data.device.ChannelStatistics;
import dynafilter.data.device.DataMemory;
import dynafilter.data.device.EpochBatches;
import dynafilter.data.device.EpochPlan;
import dynafilter.data.device.FeatureShape;
import dynafilter.data.device.Targets;
import dynafilter.distributed.WorkerGroup;
import dynafilter.io.InputException;
import dynafilter.runfolder.Recipe;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.Precision;
import dynafilter.torchfile.TorchFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A teacher's probabilities are those of the images, and each image is trained with its own. */
@ExtendWith(NativeScope.class)
class TeachingTest {
    private static final Path SCRIPTS = Path.of("scripts");
    private static final String ASK = """
            import sys, torch
            sys.dont_write_bytecode = True
            sys.path.insert(0, sys.argv[1])
            import pytorch_reference as reference
            teacher = reference.network_of(reference.load_checkpoint(sys.argv[2]), sys.argv[2]).eval()
            given = torch.load(sys.argv[3])
            pixels = reference.ResidentDataset(given["images"], given["labels"], torch.device("cpu")).normalize(given["images"])
            with torch.inference_mode():
                scores = (teacher(pixels) + teacher(pixels.flip(3))) / 2
            torch.save({"probabilities": scores.softmax(1)}, sys.argv[4])
            """;

    @TempDir
    private Path folder;

    private Path trained() {
        TestRun.run(TestRun.recipe("epochs", 1), folder.resolve("teacher"));
        return folder.resolve("teacher").resolve("best.pt");
    }

    private static Teaching ask(TrainedNetwork teacher, ImageSet images, List<String> classes, WorkerGroup group) {
        return Teaching.of(
                teacher,
                images,
                classes,
                "",
                new Evaluator(Precision.FP32, ComputeDevice.CPU),
                ComputeDevice.CPU,
                DataMemory.AUTO,
                group,
                done -> {});
    }

    @Test
    void probabilitiesAreThoseThatPythonFindsForImagesAndTheirMirrorImages() {
        Python python = Python.withTorch();
        Path file = trained();
        try (TrainedNetwork teacher = TrainedNetwork.read(file, ComputeDevice.CPU);
                ImageSet images = TestRun.set("images", 23, 5)) {
            TorchFile.write(folder.resolve("given.pt"), Map.of("images", images.images(), "labels", images.labels()));
            python.run(ASK, SCRIPTS, file, folder.resolve("given.pt"), folder.resolve("found.pt"));
            Tensor expected = (Tensor) ((Map<?, ?>) TorchFile.read(folder.resolve("found.pt"))).get("probabilities");
            try (Teaching teaching = ask(teacher, images, TestRun.CLASSES, WorkerGroup.single())) {
                assertClose(expected, teaching.probabilities(), 1e-5, "probabilities");
            }
        }
    }

    /** The run's labels may stand in another order, and be fewer: the others are left out of the softmax. */
    @Test
    void labelsAreFoundByTheirNames() {
        List<String> some = new ArrayList<>(TestRun.CLASSES.subList(2, 9));
        Collections.reverse(some);
        try (TrainedNetwork teacher = TrainedNetwork.read(trained(), ComputeDevice.CPU);
                ImageSet images = TestRun.set("images", 23, 5);
                Teaching all = ask(teacher, images, TestRun.CLASSES, WorkerGroup.single());
                Teaching few = ask(teacher, images, some, WorkerGroup.single())) {
            Tensor kept = all.probabilities().narrow(1, 2, 7).flip(1);
            assertClose(
                    kept.div(kept.sum(new long[] {1}, true, new ScalarTypeOptional())),
                    few.probabilities(),
                    1e-6,
                    "share");
            String refused = assertThrows(
                            InputException.class,
                            () -> ask(teacher, images, List.of("class 1", "otter"), WorkerGroup.single()))
                    .getMessage();
            assertTrue(
                    refused.endsWith(
                            "the data set has [class 1, otter]: a teacher knows all of them; train one on the same --data"),
                    refused);
        }
    }

    @Test
    void ranksShareTheImagesAndFindWhatOneFinds() throws InterruptedException {
        Path file = trained();
        try (ImageSet images = TestRun.set("images", 23, 5);
                TrainedNetwork teacher = TrainedNetwork.read(file, ComputeDevice.CPU);
                Teaching alone = ask(teacher, images, TestRun.CLASSES, WorkerGroup.single())) {
            List<Teaching> shared = RankThreads.run(3, group -> {
                try (TrainedNetwork own = TrainedNetwork.read(file, ComputeDevice.CPU)) {
                    return ask(own, images, TestRun.CLASSES, group);
                }
            });
            for (Teaching one : shared) {
                assertClose(alone.probabilities(), one.probabilities(), 1e-6, "of a rank");
                one.close();
            }
        }
    }

    /** A teacher that is certain of the true label shows which image each row of probabilities came with. */
    @ParameterizedTest
    @CsvSource({
        "resident, 0, none, 0",
        "stream, 0.25, none, 0",
        "resident, 0.25, none, 0.4",
        "resident, 0.25, all, 0",
        "stream, 0, all, 0"
    })
    void eachImageComesWithItsOwnProbabilities(String memory, double valSplit, String freeze, double mixup) {
        Recipe recipe = TestRun.recipe(
                "val_split", valSplit, "freeze", freeze, "mixup", mixup, "limit_train", 53, "limit_test", 0);
        try (DataSet set = TestRun.images(70, 20);
                Teaching certain = certain(set, 53);
                TrainingData data = TrainingData.of(
                        set, recipe, ChannelStatistics.CIFAR, certain, ComputeDevice.CPU, DataMemory.of(memory))) {
            EpochPlan plan = data.training().plan(0, 0, 8);
            EpochBatches batches = data.training().epoch(plan, 0);
            for (int i = 0; i < 4; i++) {
                Batch batch = batches.stage(8).next(8);
                assertCertain(batch.targets());
                if (mixup > 0) {
                    assertCertain(Objects.requireNonNull(batch.mixture()).targets());
                }
            }
            try (KeptFeatures kept = new KeptFeatures(1, ComputeDevice.CPU, memory.equals("stream") ? folder : null)) {
                EpochBatches ofFeatures = kept.training(
                                data.training().targets(), () -> new FeatureShape(2, 3, 3, ScalarType.Float))
                        .epoch(plan, 0, 0);
                assertCertain(ofFeatures.stage(8).next(8).targets());
            }
        }
    }

    private static Teaching certain(DataSet set, int images) {
        Tensor labels = TrainingData.limited(set.train(), images).labels();
        return new Teaching(torch.one_hot(labels, 10).to(ScalarType.Float), "of nobody");
    }

    private static void assertCertain(Targets targets) {
        assertNotNull(targets.taught());
        assertIdentical(torch.one_hot(targets.labels(), 10).to(ScalarType.Float), targets.taught(), "certain");
    }
}
