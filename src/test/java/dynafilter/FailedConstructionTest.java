package dynafilter;

import static dynafilter.NativeCount.assertLeavesNothing;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.checkpoint.BackboneFile;
import dynafilter.checkpoint.Checkpoint;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.ImageSet;
import dynafilter.distributed.C10dGroup;
import dynafilter.distributed.Placement;
import dynafilter.distributed.WorkerFailure;
import dynafilter.distributed.WorkerGroup;
import dynafilter.io.InputException;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.FilterKind;
import dynafilter.model.Freeze;
import dynafilter.model.NetworkClassifier;
import dynafilter.model.NetworkShape;
import dynafilter.model.ScriptedArchitecture;
import dynafilter.model.StateDict;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.ScriptModule;
import dynafilter.runtime.TensorBytes;
import dynafilter.torchfile.TorchFile;
import dynafilter.train.RankThreads;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What fails at one of its last steps lets go of what it made before. */
@ExtendWith(NativeScope.class)
class FailedConstructionTest {
    private static final NetworkShape SHAPE = NetworkShape.ofResNet18Stem(FilterKind.DYNAMIC, 3);

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void settle() throws InterruptedException {
        file = folder.resolve("file.pt");
        NativeCount.settle();
    }

    /** A state dict that ends with the test. */
    private static Map<String, Tensor> state() {
        Map<String, Tensor> state = new LinkedHashMap<>();
        StateDict.random(SHAPE, 1).forEach((name, tensor) -> {
            state.put(name, tensor.clone());
            tensor.close();
        });
        return state;
    }

    @Test
    void aSuccessThatIsNotClosedIsCounted() {
        TorchFile.write(file, state());
        long before = Pointer.totalCount();
        try (PointerScope scope = new PointerScope();
                TrainedNetwork network = TrainedNetwork.read(file, ComputeDevice.CPU)) {
            assertTrue(Pointer.totalCount() >= before + network.state().size());
        }
    }

    @Test
    void aClassifierWhoseFiltersCannotBeComputed() {
        Map<String, Tensor> state = state();
        DynamicFilterNetwork network = DynamicFilterNetwork.bind(SHAPE, state, Freeze.NONE);
        state.get("generator.2.bias").resize_(3);
        assertLeavesNothing(RuntimeException.class, () -> new NetworkClassifier(network, ComputeDevice.CPU));
    }

    @Test
    void aScriptedBackboneWithoutItsLastTensor() {
        try (ScriptedArchitecture scripted = scripted()) {
            Map<String, Tensor> first = Map.of("backbone.first", torch.ones(64, 3, 1, 1));
            assertLeavesNothing(RuntimeException.class, () -> scripted.bind(first, false, WorkerGroup.single()));
        }
    }

    private static ScriptedArchitecture scripted() {
        ScriptModule module = ScriptModule.create("Backbone")
                .parameter("first", torch.ones(64, 3, 1, 1))
                .parameter("second", torch.ones(64))
                .define("""
                        def forward(self, v: Tensor) -> Tensor:
                            return torch.conv2d(v, self.first, self.second)
                        """);
        return new ScriptedArchitecture(module, ComputeDevice.CPU, "made here", "");
    }

    @Test
    void aCheckpointOfAnotherNetwork() {
        Map<String, Object> optimizer = Map.of("state", Map.of(), "param_groups", List.of());
        new Checkpoint(
                        state(),
                        optimizer,
                        4,
                        40,
                        0.5,
                        Map.of("filters", "static"),
                        List.of("a", "b", "c"),
                        Map.of(),
                        Map.of(),
                        List.of())
                .write(file);
        assertLeavesNothing(InputException.class, () -> TrainedNetwork.read(file, ComputeDevice.CPU));
    }

    @Test
    void aTorchScriptNetworkThatScoresNothing() {
        try (ScriptModule script = ScriptModule.create("Other")
                .define("def forward(self, images: Tensor) -> Tensor:\n    return torch.sum(images)\n")) {
            script.save(file, Map.of());
        }
        assertLeavesNothing(InputException.class, () -> TrainedNetwork.read(file, ComputeDevice.CPU));
    }

    @Test
    void aBackboneWhoseLastTensorHasAnotherShape() {
        Map<String, Tensor> weights = new LinkedHashMap<>();
        SHAPE.backbone()
                .shapes()
                .forEach((name, sizes) -> weights.put(name.substring("backbone.".length()), torch.ones(sizes)));
        weights.put("layer1.1.bn2.num_batches_tracked", torch.ones(7));
        TorchFile.write(file, weights);
        InputException refused = assertLeavesNothing(
                InputException.class, () -> BackboneFile.read(file, "layer1", 32, ComputeDevice.CPU));
        assertTrue(refused.getMessage().contains("layer1.1.bn2.num_batches_tracked is [7]"), refused.getMessage());
    }

    @Test
    void aTorchScriptBackboneThatMakesNoFeatureMap() {
        try (ScriptModule script = ScriptModule.create("Other")
                .parameter("weight", torch.ones(3))
                .define("def forward(self, images: Tensor) -> Tensor:\n    return self.weight\n")) {
            script.save(file, Map.of());
        }
        assertLeavesNothing(InputException.class, () -> BackboneFile.read(file, "layer1", 32, ComputeDevice.CPU));
    }

    @Test
    void aFileWhoseLastTensorIsDamaged() throws IOException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("first", torch.ones(1000));
        tensors.put("last", TensorBytes.of(new long[] {0x736e65747473616cL}));
        TorchFile.write(file, tensors);
        byte[] bytes = Files.readAllBytes(file);
        int at = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("lasttens"); // the number, little-endian
        bytes[at] ^= 1;
        Files.write(file, bytes);
        assertLeavesNothing(InputException.class, () -> TorchFile.read(file));
    }

    @Test
    void aSetWithALabelThatIsNone() {
        Tensor images = TensorBytes.empty(ScalarType.Byte, 2, 3, 4, 4);
        Tensor labels = TensorBytes.of(new long[] {0, 2});
        assertLeavesNothing(
                IllegalArgumentException.class, () -> new ImageSet("set", images, labels, List.of("a", "b")));
    }

    @Test
    void aRankThatIsAlone() {
        assertLeavesNothing(WorkerFailure.class, () -> {
            Placement first = new Placement(0, 0, 2, 2, "127.0.0.1", RankThreads.freePort(), false, 0, "");
            C10dGroup.join(first, ComputeDevice.CPU, Duration.ofSeconds(1), text -> {}, why -> {});
        });
    }
}
