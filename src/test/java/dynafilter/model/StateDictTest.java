package dynafilter.model;

import static dynafilter.TensorAssert.assertIdentical;
import static dynafilter.TensorAssert.difference;
import static dynafilter.TensorAssert.largest;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.io.InputException;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.TensorBytes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.junit.jupiter.api.Tag;
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

    /** What a seed means, on every processor and in every version of this program. */
    @Test
    @Tag("processor")
    void aSeedIsOneNetworkEverywhere() {
        assertEquals(
                "f33dea82a99c1f7a20ffff33653c7cd6f9a93da6f6ba540993720b13582b1ffe", digest(StateDict.random(SHAPE, 0)));
        assertEquals(
                "1223323ac7670680beaf4edea8db4950658987af50f92b875787591346b2c00a",
                digest(StateDict.random(NetworkShape.ofResNet18Stem(FilterKind.STATIC, 10), 0)));
    }

    private static String digest(Map<String, Tensor> state) {
        MessageDigest digest = sha256();
        state.forEach((name, tensor) -> {
            digest.update(name.getBytes(UTF_8));
            digest.update(TensorBytes.bytes(tensor.contiguous()));
        });
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** The numbers are from SplitMix64 and Box and Muller's formula, written down once more in Python. */
    @Test
    void drawsWhatItsFormulasSay() {
        Map<String, Tensor> state = StateDict.random(SHAPE, 3);
        assertStarts(state.get("embedding.weight"), 0.2846639669735244, -1.0133343275512008, 1.4609990318183583);
        assertStarts(state.get("generator.0.bias"), 0.0385825563029813, -0.04359196909577699, -0.022751205876177738);
        assertStarts(
                state.get("backbone.conv1.weight"), -0.018464468163284054, 0.001861952332476546, 0.0037832208238395425);
    }

    private static void assertStarts(Tensor tensor, double... values) {
        float[] actual = TensorBytes.floats(tensor.flatten());
        for (int i = 0; i < values.length; i++) {
            assertEquals(values[i], actual[i], 1e-7 * Math.abs(values[i]));
        }
    }

    @Test
    void networksThatDifferInTheirFiltersShareTheRest() {
        Map<String, Tensor> dynamic = StateDict.random(SHAPE, 3);
        Map<String, Tensor> fixed = StateDict.random(NetworkShape.ofResNet18Stem(FilterKind.STATIC, 10), 3);
        assertIdentical(dynamic.get("predictor.2.weight"), fixed.get("predictor.2.weight"), "predictor");
        assertIdentical(dynamic.get("backbone.conv1.weight"), fixed.get("backbone.conv1.weight"), "backbone");
    }

    @Test
    void whatIsKnownAndFitsIsNotDrawn() {
        Tensor known = torch.ones(64);
        Map<String, Tensor> state = StateDict.random(
                SHAPE, 3, Map.of("backbone.bn1.bias", known, "predictor.0.bias", torch.ones(3), "other", known));
        assertIdentical(known, state.get("backbone.bn1.bias"), "known");
        assertIdentical(
                StateDict.random(SHAPE, 3).get("predictor.0.bias"), state.get("predictor.0.bias"), "does not fit");
        assertEquals(5 * 6 + 9, state.size());
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
        assertEquals(
                "filters 'dynamite' are unknown; use one of dynamic, static, single, conditional, basis, local",
                filters);
    }
}
