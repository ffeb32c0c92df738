package dynafilter.model;

import static dynafilter.TensorAssert.assertIdentical;
import static dynafilter.TensorAssert.difference;
import static dynafilter.TensorAssert.largest;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.InputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NativeScope.class)
class StateDictTest {
    private static final NetworkShape SHAPE = NetworkShape.ofResNet18Stem(FilterKind.DYNAMIC, 10);

    private static double deviation(Tensor tensor) {
        return tensor.std(true).item_double();
    }

    @Test
    void theSameSeedGivesTheSameNetworkAndAnotherAnother() {
        Map<String, Tensor> first = StateDict.random(SHAPE, 3);
        assertIdentical(first, StateDict.random(SHAPE, 3));
        Map<String, Tensor> other = StateDict.random(SHAPE, 4);
        assertTrue(difference(first.get("embedding.weight"), other.get("embedding.weight")) > 0.1);
        assertTrue(difference(first.get("backbone.conv1.weight"), other.get("backbone.conv1.weight")) > 0.01);
    }

    @Test
    void isInitialisedAsPytorchAndTorchvisionWould() {
        Map<String, Tensor> state = StateDict.random(SHAPE, 0);
        assertEquals(1, deviation(state.get("embedding.weight")), 0.06);
        assertEquals(Math.sqrt(2.0 / (64 * 49)), deviation(state.get("backbone.conv1.weight")), 1e-3);
        assertEquals(Math.sqrt(2.0 / (64 * 9)), deviation(state.get("backbone.layer1.1.conv2.weight")), 1e-3);
        assertUniform(state.get("generator.0.weight"), 1 / Math.sqrt(128));
        assertUniform(state.get("generator.0.bias"), 1 / Math.sqrt(128));
        assertUniform(state.get("generator.2.weight"), 1 / Math.sqrt(256));
        assertUniform(state.get("predictor.0.weight"), 1 / Math.sqrt(64));
        assertEquals(64, state.get("backbone.bn1.weight").sum().item_double());
        assertEquals(0, largest(state.get("backbone.layer1.0.bn2.bias")));
        assertEquals(64, state.get("backbone.bn1.running_var").sum().item_double());
        assertEquals(0, state.get("backbone.bn1.num_batches_tracked").item_long());
    }

    private static void assertUniform(Tensor tensor, double bound) {
        assertTrue(largest(tensor) <= bound && largest(tensor) > 0.9 * bound);
        assertEquals(bound / Math.sqrt(3), deviation(tensor), 0.1 * bound);
    }

    @Test
    void hasTorchvisionsNamesInTheOrderOfItsModules() {
        List<String> names =
                new ArrayList<>(DynamicFilterNetwork.stateShapes(SHAPE).keySet());
        assertEquals(
                List.of(
                        "backbone.conv1.weight",
                        "backbone.bn1.weight",
                        "backbone.bn1.bias",
                        "backbone.bn1.running_mean",
                        "backbone.bn1.running_var",
                        "backbone.bn1.num_batches_tracked",
                        "backbone.layer1.0.conv1.weight"),
                names.subList(0, 7));
        assertEquals(List.of("predictor.2.weight", "predictor.2.bias"), names.subList(names.size() - 2, names.size()));
        assertEquals(5 * 6 + 9, names.size());
    }

    @Test
    void aConvolutionsWeightIsPutOnADeviceChannelsLast() {
        Tensor weight = torch.randn(4, 3, 5, 5);
        Tensor placed = StateDict.toDevice(weight, ComputeDevice.CPU);
        assertTrue(placed.is_contiguous(MemoryFormat.ChannelsLast));
        assertIdentical(weight, placed, "weight");
        placed.zero_();
        assertTrue(largest(weight) > 0, "the copy shares memory");
    }

    @Test
    void knowsParametersFromStatistics() {
        assertTrue(StateDict.isParameter("backbone.bn1.weight"));
        assertFalse(StateDict.isParameter("backbone.bn1.running_mean"));
        assertFalse(StateDict.isParameter("backbone.bn1.running_var"));
        assertFalse(StateDict.isParameter("backbone.bn1.num_batches_tracked"));
    }

    @Test
    void namesOfFiltersAreChecked() {
        assertEquals(FilterKind.SINGLE, FilterKind.of("single"));
        String filters = assertThrows(InputException.class, () -> FilterKind.of("dynamite"))
                .getMessage();
        assertEquals("filters 'dynamite' are unknown; use one of dynamic, static, single", filters);
    }
}
