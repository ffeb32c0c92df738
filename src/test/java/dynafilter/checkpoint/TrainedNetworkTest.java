package dynafilter.checkpoint;

import static dynafilter.TensorAssert.assertIdentical;
import static dynafilter.TensorAssert.difference;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.TensorAssert;
import dynafilter.io.InputException;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.FilterDesign;
import dynafilter.model.FilterKind;
import dynafilter.model.Freeze;
import dynafilter.model.NetworkShape;
import dynafilter.model.StateDict;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.ScriptModule;
import dynafilter.torchfile.TorchFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(NativeScope.class)
class TrainedNetworkTest {
    private static final List<String> CLASSES = List.of("a", "b", "c");
    private static final NetworkShape SHAPE = NetworkShape.ofResNet18Stem(FilterKind.DYNAMIC, CLASSES.size());

    @TempDir
    private Path folder;

    private Path file;
    private Map<String, Tensor> state;
    private Tensor images;

    @BeforeEach
    void makeNetwork() {
        file = folder.resolve("best.pt");
        state = StateDict.random(SHAPE, 1);
        torch.manual_seed(2);
        images = torch.randn(2, 3, 32, 32);
    }

    private void write(Map<String, Object> recipe, Map<String, Object> extra) {
        Map<String, Object> optimizer = Map.of("state", Map.of(), "param_groups", List.of());
        new Checkpoint(state, optimizer, 4, 40, 0.5, recipe, CLASSES, Map.of(), extra, List.of()).write(file);
    }

    private static Tensor scores(Map<String, Tensor> state, Tensor images) {
        return DynamicFilterNetwork.bind(SHAPE, state, Freeze.NONE).forward(images, false);
    }

    @Test
    void scoresAsTheNetworkThatWasSaved() {
        write(Map.of("filters", "dynamic"), Map.of());
        try (TrainedNetwork network = TrainedNetwork.read(file, ComputeDevice.CPU)) {
            assertTrue(difference(scores(state, images), network.network().forward(images, false)) < 1e-5);
            assertEquals(CLASSES, network.classes());
            assertEquals("checkpoint after epoch 4, dynamic filters", network.description());
        }
    }

    @Test
    void isTheAverageWhereTheRunKeptOne() {
        Map<String, Tensor> average = StateDict.random(SHAPE, 9);
        write(Map.of("filters", "dynamic"), Map.of(Checkpoint.AVERAGE, average));
        try (TrainedNetwork network = TrainedNetwork.read(file, ComputeDevice.CPU)) {
            assertTrue(difference(scores(average, images), network.network().forward(images, false)) < 1e-5);
            assertEquals("checkpoint after epoch 4, dynamic filters, averaged weights", network.description());
        }
    }

    @Test
    void closingItLeavesTheFileToBeReadAgain() {
        write(Map.of("filters", "dynamic"), Map.of());
        TrainedNetwork.read(file, ComputeDevice.CPU).close();
        try (TrainedNetwork again = TrainedNetwork.read(file, ComputeDevice.CPU);
                TrainedNetwork other = TrainedNetwork.read(file, ComputeDevice.CPU)) {
            assertIdentical(
                    again.network().forward(images, false), other.network().forward(images, false), "scores");
        }
    }

    @Test
    void refusesACheckpointWhoseRecipeDoesNotFitItsTensors() {
        write(Map.of("filters", "static"), Map.of());
        assertRefused("no tensor filters.weight, which a network with static filters needs");
        write(Map.of(), Map.of());
        assertRefused("does not say which filters it has (recipe.filters)");
        write(Map.of("filters", "other"), Map.of());
        assertRefused("the recipe in " + file + ": filters 'other' are unknown; use one of dynamic, ");
    }

    @Test
    void knowsAStateDictByItsTensors() {
        for (FilterKind kind : FilterKind.values()) {
            NetworkShape shape = NetworkShape.ofResNet18Stem(kind, CLASSES.size());
            Map<String, Tensor> saved = StateDict.random(shape, 5);
            Map<String, Tensor> wrapped = new LinkedHashMap<>();
            saved.forEach((name, tensor) -> wrapped.put("module._orig_mod." + name, tensor));
            for (Map<String, ?> root : List.of(saved, wrapped, Map.of("state_dict", saved, "epoch", 3L))) {
                TorchFile.write(file, root);
                try (TrainedNetwork network = TrainedNetwork.read(file, ComputeDevice.CPU)) {
                    assertEquals(
                            "state dict, " + FilterDesign.of(kind) + " filters, 3 classes without names",
                            network.description());
                    assertEquals(List.of("class 0", "class 1", "class 2"), network.classes());
                    assertFalse(network.hasNames());
                    Tensor expected =
                            DynamicFilterNetwork.bind(shape, saved, Freeze.NONE).forward(images, false);
                    assertTrue(difference(expected, network.network().forward(images, false)) < 1e-5);
                }
            }
        }
    }

    @Test
    void theCountersOfBatchesMayBeMissing() {
        state.keySet().removeIf(name -> name.endsWith("num_batches_tracked"));
        TorchFile.write(file, Map.of("model_state_dict", state));
        try (TrainedNetwork network = TrainedNetwork.read(file, ComputeDevice.CPU)) {
            Tensor counter = network.state().get("backbone.bn1.num_batches_tracked");
            assertEquals(ScalarType.Long, counter.scalar_type().intern());
        }
        write(Map.of("filters", "dynamic"), Map.of());
        TrainedNetwork.read(file, ComputeDevice.CPU).close();
    }

    @Test
    void refusesWholeNumbersAsWeights() {
        state.computeIfPresent("predictor.0.weight", (name, tensor) -> tensor.to(ScalarType.Char));
        TorchFile.write(file, state);
        assertRefused("tensor predictor.0.weight holds whole numbers, as of a quantized network");
    }

    @Test
    void refusesNumbersThatNothingCanBeComputedOf() {
        Tensor bias = StateDict.tensor(state, "predictor.0.bias");
        state.put("predictor.0.bias", torch.full_like(bias, new Scalar(Double.NaN)));
        write(Map.of("filters", "dynamic"), Map.of());
        assertRefused(file + ": predictor.0.bias holds NaN or infinite numbers (in float32);");
        TorchFile.write(file, state);
        assertRefused(file + ": predictor.0.bias holds NaN or infinite numbers (in float32);");
        state.put("predictor.0.bias", torch.full_like(bias.to(ScalarType.Double), new Scalar(1e300)));
        TorchFile.write(file, state);
        assertRefused("predictor.0.bias holds NaN or infinite numbers (in float32);");
        state.put("predictor.0.bias", bias);
        state.computeIfPresent("backbone.bn1.running_var", (name, tensor) -> tensor.neg());
        TorchFile.write(file, state);
        assertRefused("backbone.bn1.running_var holds numbers below 0, which no variance is");
    }

    @Test
    void namesTheKeysOfAFileWithoutWeights() {
        TorchFile.write(file, new TreeMap<>(Map.of("args", List.of(1), "epoch", 3L)));
        assertRefused(file + " holds no state dict (its keys are args, epoch); save model.state_dict()");
        TorchFile.write(file, new TreeMap<>(Map.of("epoch", 3L, "weights", Map.of("fc.weight", torch.ones(2, 2)))));
        assertRefused("it has no predictor.2.weight (it has fc.weight), under \"weights\", beside the keys epoch;");
    }

    @Test
    void refusesAStateDictOfSomethingElse() {
        TorchFile.write(file, Map.of("fc.weight", torch.ones(2, 2)));
        assertRefused("is a state dict, but not of this network: it has no predictor.2.weight");
        Map<String, Tensor> fewer = new LinkedHashMap<>(state);
        fewer.remove("backbone.layer1.1.bn2.bias");
        TorchFile.write(file, fewer);
        assertRefused("has no tensor backbone.layer1.1.bn2.bias");
    }

    @Test
    void runsTheTorchScriptOfAnotherProgram() {
        try (ScriptModule script = ScriptModule.create("Mean").define("""
                def forward(self, images: Tensor) -> Tensor:
                    return torch.mean(images, [2, 3])
                """)) {
            script.save(file, Map.of());
        }
        try (TrainedNetwork network = TrainedNetwork.read(file, ComputeDevice.CPU)) {
            assertEquals(List.of("class 0", "class 1", "class 2"), network.classes());
            assertTrue(network.description().startsWith("TorchScript of another program, 3 classes"));
            Tensor pixels = torch.zeros(new long[] {1, 3, 32, 32}, new TensorOptions(ScalarType.Byte));
            float[] scores = TensorAssert.floats(network.classifier().scores(pixels));
            assertArrayEquals(new float[] {-0.4914f / 0.2470f, -0.4822f / 0.2435f, -0.4465f / 0.2616f}, scores, 1e-5f);
            assertThrows(InputException.class, () -> network.classifier().filters(pixels));
            assertThrows(InputException.class, () -> network.classifier().responseMaps(pixels));
            assertThrows(InputException.class, network::network);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "return images | makes [2, 3, 32, 32] of images [2, 3, 32, 32], and scores [2, classes] are needed",
                "return torch.reshape(images, [7, 7]) | does not run as a classifier on images [2, 3, 32, 32]",
                "return torch.sum(images) | makes [] of images",
                "return torch.log(-torch.mean(images, [2, 3]) ** 2) | makes scores that are NaN or infinite;"
            })
    void refusesTorchScriptThatIsNoClassifier(String body, String message) {
        try (ScriptModule script = ScriptModule.create("Other")
                .define("def forward(self, images: Tensor) -> Tensor:\n    " + body + "\n")) {
            script.save(file, Map.of());
        }
        assertRefused(message);
    }

    private void assertRefused(String message) {
        String actual = assertThrows(InputException.class, () -> TrainedNetwork.read(file, ComputeDevice.CPU))
                .getMessage();
        assertTrue(actual.contains(message), actual);
    }
}
