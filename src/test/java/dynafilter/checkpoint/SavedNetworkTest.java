package dynafilter.checkpoint;

import static dynafilter.TensorAssert.assertIdentical;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dynafilter.NativeScope;
import dynafilter.io.InputException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever people put round a state dict, and before its names, the network in it is found, or asked for. */
@ExtendWith(NativeScope.class)
class SavedNetworkTest {
    private static final Path FILE = Path.of("net.pt");

    private Map<String, Tensor> network;
    private Map<String, Tensor> another;

    @BeforeEach
    void makeNetworks() {
        torch.manual_seed(0);
        network = new LinkedHashMap<>();
        network.put("backbone.conv1.weight", torch.randn(4, 3, 3, 3));
        network.put("backbone.bn1.num_batches_tracked", torch.ones(1).to(ScalarType.Long));
        network.put("predictor.2.weight", torch.randn(1, 4));
        another = new LinkedHashMap<>();
        network.forEach((name, tensor) -> another.put(name, tensor.add(new Scalar(1))));
    }

    private static SavedNetwork find(Object root) {
        return SavedNetwork.in(root, FILE, Landmark.NETWORK).orElseThrow();
    }

    private static Map<String, Object> under(String prefix, Map<String, Tensor> tensors) {
        Map<String, Object> named = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> named.put(prefix + name, tensor));
        return named;
    }

    private void assertFound(SavedNetwork found, String... notes) {
        assertIdentical(new TreeMap<>(network), new TreeMap<>(found.tensors()));
        assertEquals(List.of(notes), found.notes());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "module.",
                "_orig_mod.",
                "model.",
                "network.",
                "_orig_mod.module.",
                "module._orig_mod.",
                "module.module.model.",
                "model._orig_mod.module.network._orig_mod.",
                "_forward_module._fsdp_wrapped_module.",
                "student.encoder."
            })
    void prefixesMayStandInAnyOrderAndRepeat(String prefix) {
        assertFound(find(under(prefix, network)));
        assertFound(find(Map.of("epoch", 3L, "state_dict", under(prefix, network))));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "model",
                "model_state_dict",
                "net",
                "network",
                "state_dict",
                "ema",
                "module",
                "weights",
                "any.key"
            })
    void aStateDictMayBeUnderAnyKey(String key) {
        Map<String, Object> file = new LinkedHashMap<>();
        file.put("epoch", 3L);
        file.put(key, network);
        file.put("optimizer", Map.of("exp_avg", another)); // named as the weights, and none
        assertFound(find(file));
        assertFound(find(Map.of("checkpoint", List.of(file))));
    }

    @Test
    void aWrapperInsideTheNetworkIsNoPartOfItsNames() {
        Map<String, Object> compiled = new LinkedHashMap<>();
        network.forEach((name, tensor) -> compiled.put(name.replace("backbone.", "backbone._orig_mod."), tensor));
        assertFound(find(compiled));
    }

    @Test
    void whatStandsBesideTheNetworkStaysThere() {
        Map<String, Object> average = under("module.", network); // as torch.optim.swa_utils.AveragedModel
        average.put("n_averaged", torch.ones(1));
        assertFound(find(average), "without n_averaged beside it");
        Map<String, Object> lightning = under("model.", network);
        lightning.put("criterion.weight", torch.ones(2));
        lightning.put("metric.total", torch.ones(1));
        assertFound(find(Map.of("state_dict", lightning)), "without criterion.weight, metric.total beside it");
    }

    @Test
    void extraStateOfModulesIsPassedOver() {
        Map<String, Object> more = under("", network);
        more.put("_extra_state", null);
        more.put("backbone._extra_state", torch.ones(2));
        more.put("predictor.2._extra_state", Map.of("a", 1L));
        assertFound(find(more));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "model              | model_ema      | from \"model_ema\" (also in the file: \"model\")",
                "state_dict         | state_dict_ema | from \"state_dict_ema\" (also in the file: \"state_dict\")",
                "net                | swa            | from \"swa\" (also in the file: \"net\")",
                "current_model_state| state_dict     | from \"state_dict\" (also in the file: \"current_model_state\")",
                "callbacks          | state_dict     | from \"state_dict\" (also in the file: \"callbacks\")",
            })
    void ofTwoNetworksTheAverageIsTakenAndToldOf(String other, String taken, String note) {
        Map<String, Object> file = new LinkedHashMap<>();
        file.put(other, another);
        file.put(taken, network);
        assertFound(find(file), note);
    }

    @Test
    void anAverageBesideTheWeightsInOneDictIsTakenToo() {
        Map<String, Object> both = under("online_model.", another);
        both.putAll(under("ema_model.", network));
        assertFound(find(both), "from ema_model.* (also in the file: online_model.*)");
        Map<String, Object> inner = under("", another); // the average's names go on where the network's begin
        inner.putAll(under("ema.", network));
        assertFound(find(inner), "from ema.* (also in the file: the names without a prefix)");
    }

    @Test
    void asksWhereNothingTellsWhichNetworkIsMeant() {
        String message = assertThrows(
                        InputException.class, () -> find(new TreeMap<>(Map.of("student", another, "teacher", network))))
                .getMessage();
        assertEquals(
                "net.pt holds 2 networks, and which is meant is not to be seen: \"student\"; \"teacher\"; save the one you"
                        + " want with torch.save, by itself",
                message);
    }

    @Test
    void oneNetworkUnderTwoNamesIsOne() {
        Map<String, Object> twice = under("model.", network);
        network.forEach((name, tensor) -> twice.put("compiled._orig_mod." + name, tensor.clone()));
        assertFound(find(twice));
        assertFound(find(Map.of("student", network, "teacher", under("module.", network))));
    }

    @ParameterizedTest
    @CsvSource({"Half, float16", "BFloat16, bfloat16", "Double, float64"})
    void weightsOfAnyPrecisionBecomeFloat32(ScalarType type, String name) {
        Map<String, Tensor> saved = new LinkedHashMap<>();
        network.forEach((key, tensor) -> saved.put(key, tensor.to(type))); // the counter, too
        network.replaceAll((key, tensor) -> saved.get(key).to(tensor.scalar_type()));
        assertFound(find(saved), name + " weights read as float32");
    }

    @Test
    void manyNetworksAreNotWalkedThroughForEver() {
        Map<String, Object> many = new LinkedHashMap<>();
        List<Tensor> two = List.of(torch.ones(1, 4), torch.zeros(1, 4));
        for (int i = 0; i < 100_000; i++) {
            many.put("n" + i + ".predictor.2.weight", two.get(i % 2));
        }
        many.putAll(under("last.", network));
        assertThrows(InputException.class, () -> find(many));
    }
}
