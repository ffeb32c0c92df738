package dynafilter.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.Python;
import dynafilter.checkpoint.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Runs that begin here and go on in Python, and the other way round, against those that never changed sides. The two shuffle
 * differently: a batch of all images is the same one on both.
 */
@ExtendWith(NativeScope.class)
class ChangingSidesTest {
    private static final Path REFERENCE = Path.of("scripts/pytorch_reference.py");
    private static final double TOLERANCE = 1e-5;
    private static final int BEFORE = 5;
    private static final int AFTER = 3;

    /** BatchNorm's biases begin at zero, and are all movement in a network that has not lived: so has this one. */
    private static final String BACKBONE = """
            import sys, torch
            sys.path.insert(0, "src/test/python")
            from networks import ResNet18, lived
            torch.manual_seed(0)
            torch.save(lived(ResNet18()).state_dict(), sys.argv[1])
            """;

    @TempDir
    private Path folder;

    private List<Object> options(String optimizer, String rate) throws IOException {
        Path data = folder.resolve("data");
        if (!Files.exists(data)) {
            TinyRuns.data(data);
        }
        List<Object> options =
                new ArrayList<>(List.of("train", "--data", data, "--backbone", folder.resolve("backbone.pth")));
        options.addAll(List.of("--optimizer", optimizer, "--lr", rate, "--schedule", "constant", "--warmup", 0));
        options.addAll(List.of("--batch-size", TinyRuns.TRAIN, "--no-augment", "--threads", 1));
        options.addAll(List.of("--epochs", BEFORE + AFTER));
        return options;
    }

    private static void java(List<Object> options, Object... more) {
        options.addAll(Arrays.asList(more));
        CommandResult.ofSuccess(options.toArray());
    }

    private static void python(Python python, List<Object> options, Object... more) {
        options.addAll(List.of("--device", "cpu"));
        options.addAll(Arrays.asList(more));
        python.runFile(REFERENCE, options.toArray());
    }

    @ParameterizedTest
    @CsvSource({"sgd, 0.001", "adamw, 0.00001"})
    void threeMoreStepsAreTheSameOnTheOtherSide(String optimizer, String rate) throws IOException {
        Python python = Python.withTorch();
        python.run(BACKBONE, folder.resolve("backbone.pth"));
        Path here = folder.resolve("here");
        Path there = folder.resolve("there");
        java(options(optimizer, rate), "--max-steps", BEFORE, "--out", here);
        python(python, options(optimizer, rate), "--max-steps", BEFORE, "--out", there);
        for (Path begun : List.of(here, there)) {
            Path checkpoint = begun.resolve("last.pt");
            Path staysOrGoes = folder.resolve("java-after-" + begun.getFileName());
            Path goesOrStays = folder.resolve("python-after-" + begun.getFileName());
            java(new ArrayList<>(List.of("train")), "--resume", checkpoint, "--threads", 1, "--out", staysOrGoes);
            python(
                    python,
                    new ArrayList<>(List.of("train", "--threads", 1)),
                    "--resume",
                    checkpoint,
                    "--out",
                    goesOrStays);
            assertClose(staysOrGoes.resolve("last.pt"), goesOrStays.resolve("last.pt"), checkpoint);
        }
    }

    private static void assertClose(Path one, Path other, Path begun) {
        try (Checkpoint expected = Checkpoint.read(one);
                Checkpoint actual = Checkpoint.read(other);
                Checkpoint before = Checkpoint.read(begun)) {
            assertEquals(BEFORE + AFTER, expected.step());
            assertEquals(BEFORE + AFTER, actual.step());
            assertEquals(BEFORE, before.step());
            double moved = 0;
            for (Map.Entry<String, Tensor> entry : expected.model().entrySet()) {
                String name = entry.getKey();
                if (name.equals("predictor.2.bias")) {
                    continue; // adds the same to all scores: its gradient is zero but for rounding
                }
                Tensor should = entry.getValue().to(ScalarType.Double);
                double apart = actual.model().get(name).sub(should).norm().item_double();
                double size = should.norm().item_double();
                assertTrue(apart <= TOLERANCE * size, () -> name + " is " + apart / size + " apart");
                if (name.endsWith("conv2.weight")) {
                    moved += should.sub(before.model().get(name)).norm().item_double() / size;
                }
            }
            assertTrue(moved > 10 * TOLERANCE, "three steps moved the convolutions by " + moved);
        }
    }
}
