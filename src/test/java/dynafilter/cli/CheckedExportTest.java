package dynafilter.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.checkpoint.Checkpoint;
import dynafilter.model.FilterKind;
import dynafilter.model.NetworkShape;
import dynafilter.model.StateDict;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** {@code export --check}, and the commands that take what was exported. */
@ExtendWith(NativeScope.class)
class CheckedExportTest {
    @TempDir
    private Path folder;

    private Path checkpoint;

    @BeforeEach
    void writeCheckpoint() {
        Map<String, Tensor> state = StateDict.random(NetworkShape.ofResNet18Stem(FilterKind.DYNAMIC, 10), 1);
        List<String> classes = List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
        Map<String, Object> optimizer = Map.of("state", Map.of(), "param_groups", List.of());
        checkpoint = folder.resolve("best.pt");
        new Checkpoint(
                        state,
                        optimizer,
                        1,
                        1,
                        0.5,
                        Map.of("filters", "dynamic"),
                        classes,
                        Map.of(),
                        Map.of(),
                        List.of())
                .write(checkpoint);
    }

    @Test
    void anExportedFileIsComparedOnRealPictures() {
        for (String format : List.of("onnx", "torchscript")) {
            CommandResult result = CommandResult.ofSuccess(
                    "export", "--model", checkpoint, "--format", format, "--input", "uint8", "--check", "sample");
            assertTrue(
                    result.line("check")
                            .matches(
                                    "check      sample.*: 256 pictures, scores differ by \\d\\.\\de[-+]\\d+ at most, .*"),
                    result.out());
            assertTrue(
                    result.line("speed")
                            .matches(
                                    "speed      1 picture: [\\d.]+ ms, before [\\d.]+ ms \\([\\d.]+x\\); 256 pictures: .*"),
                    result.out());
        }
    }

    /** The images are gone through more than once. */
    @Test
    void aCheckpointIsMeasuredForMoreStepsThanThereAreBatches() {
        CommandResult measured = CommandResult.ofSuccess(
                "benchmark",
                "--model",
                checkpoint,
                "--mode",
                "infer",
                "--batch-size",
                "2",
                "--repeats",
                40,
                "--precision",
                "fp32",
                "--device",
                "cpu");
        assertTrue(measured.line("infer fp32").contains("GiB"), measured.out());
    }

    @Test
    void predictTakesTheFileAndSaysWhoRunsIt() {
        Path onnx = folder.resolve("model.onnx");
        CommandResult.ofSuccess("export", "--model", checkpoint, "--format", "onnx");
        CommandResult evaluated = CommandResult.ofSuccess(
                "benchmark",
                "--model",
                onnx,
                "--batch-size",
                "2",
                "--repeats",
                2,
                "--precision",
                "fp32",
                "--device",
                "cpu");
        assertTrue(evaluated.out().contains("run by ONNX Runtime 1.23.2 on the CPU"), evaluated.out());
        CommandResult.of("export", "--model", onnx).assertRefused("model.onnx is ONNX, which has no parts to take");
        CommandResult.of("benchmark", "--model", onnx, "--mode", "train")
                .assertFailed(2, "cannot be trained here; give its checkpoint");
    }

    @Test
    void optionsThatDoNotBelongTogetherAreRefused() {
        CommandResult.of("export", "--model", checkpoint, "--opset", "18")
                .assertRefused("--opset is the version of ONNX");
        CommandResult.of("export", "--model", checkpoint, "--format", "onnx", "--opset", "22")
                .assertRefused("--opset 22: give one from 17 to 21");
        CommandResult.of("export", "--model", checkpoint, "--web", "page.html", "--check", "sample")
                .assertRefused("--web writes a page and nothing else: leave --check out");
        CommandResult.of("doctor", "--fetch", "everything").assertRefused("--fetch everything: give onnxruntime");
    }
}
