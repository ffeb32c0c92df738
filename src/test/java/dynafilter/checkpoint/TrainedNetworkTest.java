package dynafilter.checkpoint;

import static dynafilter.TensorAssert.assertIdentical;
import static dynafilter.TensorAssert.difference;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.FilterKind;
import dynafilter.model.Freeze;
import dynafilter.model.NetworkShape;
import dynafilter.model.StateDict;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.InputException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

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
        new Checkpoint(state, optimizer, 4, 40, 0.5, recipe, CLASSES, Map.of(), extra).write(file);
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
        assertRefused("filters 'other' are unknown");
    }

    private void assertRefused(String message) {
        String actual = assertThrows(InputException.class, () -> TrainedNetwork.read(file, ComputeDevice.CPU))
                .getMessage();
        assertTrue(actual.contains(message), actual);
    }
}
