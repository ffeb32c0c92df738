package dynafilter.cli;

import static dynafilter.cli.TinyRuns.train;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.Pictures;
import dynafilter.TensorAssert;
import dynafilter.checkpoint.Checkpoint;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The formats of export on the command line, and what the other commands do with such files. */
class ExportFormatsTest {
    @TempDir
    private static Path folder;

    private static Path data;
    private static Path run;
    private static Path model;
    private static Path hub;

    @BeforeAll
    static void trainAndExport() throws IOException {
        data = TinyRuns.data(folder.resolve("data"));
        run = folder.resolve("run");
        model = run.resolve("best.pt");
        CommandResult.ofSuccess(train(data, run, "--epochs", 1, "--progress", "none"));
        byte[] config = Files.readAllBytes(run.resolve("config.json"));
        CommandResult exported = CommandResult.ofSuccess("export", "--model", model, "--format", "safetensors");
        hub = run.resolve("safetensors").resolve("model.safetensors");
        assertTrue(exported.out().contains(hub + ": "), exported.out());
        assertTrue(exported.out().contains(" bytes, 39 tensors, with config.json beside it"), exported.out());
        assertArrayEquals(config, Files.readAllBytes(run.resolve("config.json")));
    }

    private static String without(String line, CommandResult result) {
        return result.out().lines().filter(text -> !text.startsWith(line)).reduce("", (a, b) -> a + "\n" + b);
    }

    @Test
    void everyCommandTakesSafetensors() throws IOException {
        CommandResult expected = CommandResult.ofSuccess("eval", "--model", model, "--threads", 1);
        CommandResult actual = CommandResult.ofSuccess("eval", "--model", hub, "--threads", 1);
        assertEquals(without("model", expected), without("model", actual));
        assertTrue(actual.line("model").endsWith(": safetensors of dynafilter, dynamic filters"), actual.out());
        Path image = folder.resolve("image.png");
        TinyRuns.writeTestImage(data, 3, image);
        assertEquals(
                without("model", CommandResult.ofSuccess("predict", "--model", model, image)),
                without("model", CommandResult.ofSuccess("predict", "--model", hub, image)));
        Path figure = folder.resolve("maps.png");
        CommandResult.ofSuccess("maps", "--model", hub, image, "--out", figure);
        assertTrue(Files.size(figure) > 0);
        Path otters = Pictures.classes(folder.resolve("own"), 3, "otter").resolve("otter");
        CommandResult.of("extend", "--model", hub, "--label", "otter", "--images", otters)
                .assertRefused("safetensors, which are weights alone, and a checkpoint is needed");
    }

    @Test
    void weightsAloneBeginANewRun() {
        Path begun = folder.resolve("begun");
        CommandResult result = CommandResult.ofSuccess(
                "train",
                "--resume",
                hub,
                "--out",
                begun,
                "--epochs",
                1,
                "--lr",
                "1e-30",
                "--rest-lr",
                "1e-30",
                "--progress",
                "none");
        assertTrue(result.out().contains("weights alone: a new run begins with them, at epoch 0"), result.out());
        NativeRuntime.load();
        try (TrainedNetwork before = TrainedNetwork.read(hub, ComputeDevice.CPU);
                Checkpoint after = Checkpoint.read(begun.resolve("last.pt"))) {
            assertEquals(1, after.epoch());
            after.model().forEach((name, tensor) -> { // with such a rate nothing but BatchNorm's statistics moves
                if (!name.contains("running") && !name.contains("tracked")) {
                    TensorAssert.assertIdentical(before.state().get(name), tensor, name);
                }
            });
        }
        assertTrue(Files.exists(begun.resolve("config.json")));
        CommandResult.of("train", "--resume", hub, "--out", begun).assertRefused("--out " + begun + " holds a run");
        Path other = folder.resolve("other");
        CommandResult.of("train", "--resume", hub, "--data", "sample", "--out", other)
                .assertRefused("--resume " + hub, "airplane", "circle");
        CommandResult.of("train", "--resume", hub, "--filters", "static", "--out", other)
                .assertRefused("--resume " + hub, "filters.weight");
        assertFalse(Files.exists(other));
    }

    @Test
    void aDamagedFileIsNamed() throws IOException {
        Path image = folder.resolve("whole.png");
        TinyRuns.writeTestImage(data, 1, image);
        Path bad = folder.resolve("bad.safetensors");
        byte[] bytes = Files.readAllBytes(hub);
        Files.write(bad, Arrays.copyOf(bytes, bytes.length / 2));
        for (String command : new String[] {"eval", "predict", "export"}) {
            Object[] line = command.equals("predict")
                    ? new Object[] {command, "--model", bad, image}
                    : new Object[] {command, "--model", bad};
            CommandResult.of(line).assertRefused(bad, "is damaged or incomplete: its tensors take");
        }
        CommandResult.of("train", "--data", data, "--backbone", bad, "--out", folder.resolve("none"))
                .assertRefused(bad, "is damaged or incomplete");
    }

    @Test
    void formatsAndTheirSettings() throws IOException {
        CommandResult.of("export", "--model", model, "--format", "keras")
                .assertRefused("--format keras: use one of torchscript, safetensors");
        CommandResult.of("export", "--model", model, "--format", "safetensors", "--input", "uint8")
                .assertRefused("--input uint8: safetensors hold weights");
        Path here = run.resolve("model.safetensors");
        CommandResult.of("export", "--model", model, "--format", "safetensors", "--out", here)
                .assertRefused(run.resolve("config.json"), "is kept");
        assertFalse(Files.exists(here));
        CommandResult program =
                CommandResult.ofSuccess("export", "--model", hub, "--format", "pt2", "--out", folder.resolve("m.pt2"));
        assertTrue(program.out().contains("bytes, takes any number of normalized images"), program.out());
        Path image = folder.resolve("picture.png");
        TinyRuns.writeTestImage(data, 1, image);
        for (Object[] line : new Object[][] {
            {"eval"}, {"benchmark"}, {"predict", image}, {"maps", image, "--out", folder.resolve("none.png")}
        }) {
            List<Object> asked = new ArrayList<>(List.of(line));
            asked.addAll(1, List.of("--model", folder.resolve("m.pt2")));
            CommandResult.of(asked.toArray())
                    .assertRefused(folder.resolve("m.pt2")
                            + " is a program of torch.export (.pt2) that `export` wrote for PyTorch,"
                            + " which is not read here; give the checkpoint");
        }
    }
}
