package dynafilter.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.io.InputException;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeRuntime;
import dynafilter.runtime.OutOfMemory;
import dynafilter.runtime.ScriptModule;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** TorchScript that would be silently wrong is refused before it is relied on, and one that fails says why. */
@ExtendWith(NativeScope.class)
class ScriptTrialTest {
    private static final String NORM =
            "torch.batch_norm(v, self.weight, self.bias, self.mean, self.variance, %s, 0.1, 1e-05, True)";

    @TempDir
    private Path folder;

    /** A convolution, whose output v an expression makes something of; and the module's tensors in a precision. */
    private Path script(String of, ScalarType type) {
        Path file = folder.resolve("script.pt");
        torch.manual_seed(0);
        try (ScriptModule script = ScriptModule.create("Net")
                .parameter("kernel", torch.randn(6, 3, 4, 4).to(type))
                .parameter("weight", torch.ones(6).to(type))
                .parameter("bias", torch.zeros(6).to(type))
                .buffer("mean", torch.zeros(6).to(type))
                .buffer("variance", torch.ones(6).to(type))
                .define("""
                        def forward(self, x: Tensor) -> Tensor:
                            v = torch.conv2d(x, self.kernel, None, [4, 4], [0, 0], [1, 1], 1)
                            return %s
                        """.formatted(of))) {
            script.save(file, Map.of());
        }
        return file;
    }

    private static RuntimeException failure(Path file) {
        return assertThrows(RuntimeException.class, () -> TrainedNetwork.read(file, ComputeDevice.CPU));
    }

    private static RuntimeException failureOfBackbone(Path file) {
        return assertThrows(RuntimeException.class, () -> BackboneFile.read(file, "layer1", 32, ComputeDevice.CPU));
    }

    private static void assertRefused(RuntimeException failure, String message) {
        assertTrue(failure instanceof InputException, failure::toString);
        assertTrue(failure.getMessage().contains(message), failure.getMessage());
        assertTrue(failure.getMessage().endsWith("call .eval() and trace it again"), failure.getMessage());
    }

    @Test
    void aBackboneOfNumbersThatNothingCanBeComputedOf() {
        RuntimeException failure = failureOfBackbone(script("v * float('nan')", ScalarType.Float));
        assertTrue(failure.getMessage().contains("makes features that are NaN or infinite;"), failure.getMessage());
    }

    /** What {@code torch.jit.trace} leaves of a network in training mode. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "torch.dropout(v, 0.1, True)         | of the same images at every call: dropout is always at work in it",
                "torch.feature_dropout(v, 0.2, True) | of the same images at every call: dropout is always at work in it",
                "NORM                                | of an image that depend on the other images of its batch: its BatchNorm"
            })
    void whatGoesOnAsInTrainingIsRefusedAsNetworkAndAsBackbone(String layer, String message) {
        String v = layer.equals("NORM") ? NORM.formatted("True") : layer;
        assertRefused(
                failure(script("torch.mean(" + v + ", [2, 3])", ScalarType.Float)),
                (layer.equals("NORM") ? "makes scores " : "makes other scores ") + message);
        assertRefused(
                failureOfBackbone(script(v, ScalarType.Float)),
                (layer.equals("NORM") ? "makes features " : "makes other features ") + message);
    }

    @Test
    void whatEvaluatesIsTaken() {
        for (String v : new String[] {NORM.formatted("False"), "torch.dropout(v, 0.1, False)"}) {
            Path file = script("torch.mean(" + v + ", [2, 3])", ScalarType.Float);
            try (TrainedNetwork network = TrainedNetwork.read(file, ComputeDevice.CPU)) {
                assertEquals(6, network.classes().size());
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"Half, float16", "BFloat16, bfloat16", "Double, float64"})
    void weightsOfAnyPrecisionRunAsFloat32(ScalarType type, String name) {
        String mean = "torch.mean(" + NORM.formatted("False") + ", [2, 3])";
        Path file = script(mean, type);
        try (TrainedNetwork network = TrainedNetwork.read(file, ComputeDevice.CPU)) {
            assertTrue(network.description().endsWith(", " + name + " weights read as float32"), network.description());
        }
        Path features = script(NORM.formatted("False"), type);
        try (PretrainedBackbone backbone = BackboneFile.read(features, "layer1", 32, ComputeDevice.CPU)) {
            assertEquals(name + " weights read as float32", String.join(", ", backbone.notes()));
            Tensor kernel = backbone.state().get("backbone.kernel");
            assertEquals(ScalarType.Float, kernel.scalar_type().intern());
        }
    }

    @Test
    void aFrozenNetworkIsToldNotToTrain() {
        Path file = folder.resolve("frozen.pt");
        try (ScriptModule script = ScriptModule.create("Frozen").define("""
                def forward(self, x: Tensor) -> Tensor:
                    return torch.max_pool2d(x, [4, 4], [4, 4])
                """)) {
            script.save(file, Map.of());
        }
        try (PretrainedBackbone backbone = BackboneFile.read(file, "layer1", 32, ComputeDevice.CPU)) {
            String note = String.join(", ", backbone.notes());
            assertTrue(note.startsWith("it has no parameters, as after torch.jit.freeze, and will not train"), note);
        }
    }

    @Test
    void aFailureInsideSaysItsReason() {
        String message = failure(script("torch.mm(torch.flatten(v, 1), torch.flatten(v, 1))", ScalarType.Float))
                .getMessage();
        assertTrue(
                message.contains(
                        "on images [2, 3, 32, 32]: mat1 and mat2 shapes cannot be multiplied (2x384 and 2x384);"),
                message);
        message = failureOfBackbone(script("torch.mm(torch.flatten(v, 1), torch.flatten(v, 1))", ScalarType.Float))
                .getMessage();
        assertTrue(message.contains(": mat1 and mat2 shapes cannot be multiplied"), message);
    }

    @Test
    void anExceptionOfTheScriptIsTheReason() {
        RuntimeException raised = new RuntimeException("""
                The following operation failed in the TorchScript interpreter.
                Traceback of TorchScript, serialized code (most recent call last):
                  File "code/__torch__/net.py", line 8, in forward
                    ops.prim.RaiseException("only small images", "builtins.ValueError")
                    ~~~~~~~~~~~~~~~~~~~~~~~~ <--- HERE
                builtins.ValueError: only small images
                """);
        assertEquals("only small images", NativeRuntime.firstLine(raised));
    }

    @Test
    void tooLittleMemoryInsideIsToldAsThat() {
        String huge = "torch.mean(v, [2, 3]) + torch.sum(torch.zeros([1 << 45]))";
        for (RuntimeException failure : new RuntimeException[] {
            failure(script(huge, ScalarType.Float)), failureOfBackbone(script(huge, ScalarType.Float))
        }) {
            assertEquals(
                    "can't allocate memory: you tried to allocate 140737488355328 bytes",
                    OutOfMemory.in(failure).orElseThrow());
        }
    }
}
