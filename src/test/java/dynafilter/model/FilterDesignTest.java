package dynafilter.model;

import static dynafilter.TensorAssert.assertClose;
import static dynafilter.TensorAssert.assertIdentical;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.io.InputException;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.Precision;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Heads, size, basis and the image's part, as ablations of each other. */
@ExtendWith(NativeScope.class)
class FilterDesignTest {
    private static final int CLASSES = 3;

    private static Map<String, Tensor> state(FilterDesign design) {
        Map<String, Tensor> state = new LinkedHashMap<>();
        StateDict.random(NetworkShape.ofResNet18Stem(design, CLASSES), 1).forEach((name, tensor) -> {
            state.put(name, tensor.clone());
            tensor.close();
        });
        return state;
    }

    private static DynamicFilterNetwork network(FilterDesign design, Map<String, Tensor> state) {
        return DynamicFilterNetwork.bind(NetworkShape.ofResNet18Stem(design, CLASSES), state, Freeze.NONE);
    }

    private static FilterDesign heads(int heads) {
        return new FilterDesign(FilterKind.DYNAMIC, heads, 1, FilterDesign.BASIS, BasisImage.ON);
    }

    private static FilterDesign basis(int basis, BasisImage image) {
        return new FilterDesign(FilterKind.BASIS, 1, 1, basis, image);
    }

    private static Tensor features() {
        torch.manual_seed(5);
        return torch.randn(4, 64, 8, 8);
    }

    @Test
    void withoutTheImagesPartConditionalFiltersAreTheDynamicOnes() {
        Map<String, Tensor> state = state(FilterDesign.of(FilterKind.CONDITIONAL));
        state.get("generator.image.weight").zero_();
        Map<String, Tensor> dynamic = new LinkedHashMap<>(state);
        dynamic.remove("generator.image.weight");
        Tensor images = torch.randn(2, 3, 32, 32);
        assertClose(
                network(FilterDesign.of(FilterKind.DYNAMIC), dynamic).forward(images, false),
                network(FilterDesign.of(FilterKind.CONDITIONAL), state).forward(images, false),
                1e-5,
                "scores");
    }

    @Test
    void withoutWeightsOfPlacesLocalFiltersAreTheDynamicOnes() {
        Map<String, Tensor> state = state(FilterDesign.of(FilterKind.LOCAL));
        state.get("places.2.weight").zero_();
        state.get("places.2.bias").zero_();
        Map<String, Tensor> dynamic = new LinkedHashMap<>(state);
        dynamic.keySet().removeIf(name -> name.startsWith("places."));
        Tensor images = torch.randn(2, 3, 32, 32);
        assertIdentical(
                network(FilterDesign.of(FilterKind.DYNAMIC), dynamic).forward(images, false),
                network(FilterDesign.of(FilterKind.LOCAL), state).forward(images, false),
                "scores");
    }

    /** Each head is a filter of its own: the maps of a label's heads are those of networks with one head. */
    @Test
    void theHeadsOfALabelStandOneAfterAnother() {
        Map<String, Tensor> state = state(heads(2));
        Tensor maps = network(heads(2), state).filters().responses(features()); // [4, 6, 8, 8]
        for (int head = 0; head < 2; head++) {
            Map<String, Tensor> single = new LinkedHashMap<>(state);
            single.put("generator.2.weight", state.get("generator.2.weight").narrow(0, 64L * head, 64));
            single.put("generator.2.bias", state.get("generator.2.bias").narrow(0, 64L * head, 64));
            single.put("predictor.0.weight", state.get("predictor.0.weight").narrow(1, 64L * head, 64));
            Tensor own = network(heads(1), single).filters().responses(features()); // [4, 3, 8, 8]
            for (int label = 0; label < CLASSES; label++) {
                assertClose(own.select(1, label), maps.select(1, 2L * label + head), 1e-5, "label " + label);
            }
        }
    }

    /** A mixture is linear: to mix responses is to respond to mixed filters, and the predictor's first layer may come before. */
    @ParameterizedTest
    @ValueSource(strings = {"ON", "OFF"})
    void mixedResponsesAreThoseOfMixedFilters(BasisImage image) {
        FilterDesign design = basis(5, image);
        DynamicFilterNetwork network = network(design, state(design));
        Tensor features = features();
        LabelFilters filters = network.filters();
        Tensor mixed = filters.ofImages(features); // [4 or 1, 3, 64]
        Tensor expected = torch.matmul(mixed, features.flatten(2, -1))
                .div(new Scalar(8.0))
                .view(4, CLASSES, 8, 8);
        assertClose(expected, filters.responses(features), 1e-5, "maps");
        Tensor scores = network.scores(features, filters);
        ScorePredictor predictor = new ScorePredictor(network.shape(), state(design));
        assertClose(predictor.scores(expected), scores, 1e-4, "scores");
        if (image == BasisImage.OFF) {
            assertClose(expected, network.constants().responses(features), 1e-5, "maps of constants");
        } else {
            assertThrows(IllegalStateException.class, network::constants);
        }
    }

    /** In training the predictor's first layer comes before the filters of many labels; numbers and gradients stay. */
    @ParameterizedTest
    @EnumSource(names = {"DYNAMIC", "STATIC"})
    void manyLabelsHaveTheScoresAndGradientsOfTheirMaps(FilterKind kind) {
        NetworkShape shape = NetworkShape.ofResNet18Stem(FilterDesign.of(kind), 100);
        Map<String, Tensor> state = StateDict.random(shape, 1);
        Tensor features = features().contiguous(MemoryFormat.ChannelsLast).requires_grad_(true);
        Map<String, Tensor> leaves = new LinkedHashMap<>(state);
        leaves.keySet().removeIf(name -> !name.startsWith("predictor"));
        leaves.values().forEach(tensor -> tensor.requires_grad_(true));
        DynamicFilterNetwork network = DynamicFilterNetwork.bind(shape, state, Freeze.NONE);
        LabelFilters filters = network.filters();
        Tensor weights = torch.randn(4, 100);
        Tensor scores = network.scores(features, filters);
        scores.mul(weights).sum().backward();
        List<Tensor> found = gradients(features, leaves);
        Tensor expected = new ScorePredictor(shape, state).scores(filters.responses(features));
        expected.mul(weights).sum().backward();
        List<Tensor> wanted = gradients(features, leaves);
        assertClose(expected, scores, 1e-5, "scores");
        for (int i = 0; i < wanted.size(); i++) {
            assertClose(wanted.get(i), found.get(i), 1e-4, "gradient " + i);
        }
    }

    /** Where there are very many labels, some are scored after others: numbers and gradients stay. */
    @ParameterizedTest
    @CsvSource({"DYNAMIC, 1", "DYNAMIC, 2", "LOCAL, 1"})
    void veryManyLabelsHaveTheScoresOfEach(FilterKind kind, int heads) {
        int labels = 600;
        FilterDesign design = new FilterDesign(kind, heads, 1, FilterDesign.BASIS, BasisImage.ON);
        NetworkShape shape = NetworkShape.ofResNet18Stem(design, labels);
        Map<String, Tensor> state = StateDict.random(shape, 1);
        Tensor features = torch.randn(128, 64, 8, 8).contiguous(MemoryFormat.ChannelsLast);
        ConstantFilters all =
                DynamicFilterNetwork.bind(shape, state, Freeze.NONE).constants();
        ScorePredictor predictor = new ScorePredictor(shape, state);
        Tensor weights = torch.randn(128, labels);
        for (boolean training : new boolean[] {false, true}) {
            features = features.detach().requires_grad_(training);
            try (AutoGradMode mode = new AutoGradMode(training)) {
                Tensor scores = all.scores(features, predictor);
                Tensor expected = predictor.scores(all.responses(features));
                assertClose(expected, scores, 1e-5, "scores");
                if (training) {
                    scores.mul(weights).sum().backward();
                    Tensor found = features.grad().clone();
                    features.mutable_grad().zero_();
                    expected.mul(weights).sum().backward();
                    assertClose(features.grad(), found, 1e-4, "gradient");
                }
            }
        }
    }

    /** Takes the gradients off the features and the leaves. */
    private static List<Tensor> gradients(Tensor features, Map<String, Tensor> leaves) {
        List<Tensor> tensors = new ArrayList<>(leaves.values());
        tensors.add(features);
        List<Tensor> gradients =
                tensors.stream().map(tensor -> tensor.grad().clone()).toList();
        tensors.forEach(tensor -> tensor.mutable_grad().zero_());
        return gradients;
    }

    @Test
    void theTemperatureFallsInTheFirstTenthOfTheStepsAndIsOneElsewhere() {
        assertEquals(30, FilterMixer.temperature(0));
        assertEquals(15.5, FilterMixer.temperature(0.05), 1e-12);
        assertEquals(1, FilterMixer.temperature(0.1));
        assertEquals(1, FilterMixer.temperature(1));
        FilterDesign design = basis(4, BasisImage.ON);
        DynamicFilterNetwork network = network(design, state(design));
        Tensor images = torch.randn(2, 3, 32, 32);
        Tensor trained = network.forward(images, false);
        network.progress(0);
        assertIdentical(trained, network.forward(images, false), "scores outside training");
        Tensor hot = network.forward(images, true).detach().clone();
        network.progress(1);
        double difference = hot.sub(network.forward(images, true)).abs().max().item_double();
        assertEquals(true, difference > 0);
    }

    @ParameterizedTest
    @EnumSource(FilterKind.class)
    void inBfloat16ScoresAndGradientsAreNearlyThoseInFloat32(FilterKind kind) {
        FilterDesign design = FilterDesign.of(kind);
        DynamicFilterNetwork network = network(design, state(design));
        Tensor exact = gradient(network, features());
        Tensor rounded;
        try (Precision.Region autocast = Precision.BF16.autocast(ComputeDevice.CPU.type())) {
            rounded = gradient(network, features().to(ScalarType.BFloat16));
        }
        double error = exact.sub(rounded.to(ScalarType.Float)).norm().item_double();
        double size = exact.norm().item_double();
        assertTrue(error < 0.1 * size, () -> error + " of " + size);
    }

    private static Tensor gradient(DynamicFilterNetwork network, Tensor features) {
        Tensor leaf = features.detach().contiguous(MemoryFormat.ChannelsLast);
        leaf.set_requires_grad(true);
        network.scores(leaf, network.filters()).to(ScalarType.Float).sum().backward();
        return leaf.grad();
    }

    @Test
    void tensorsHaveTheShapesOfTheDesign() {
        Map<String, Tensor> large =
                state(new FilterDesign(FilterKind.DYNAMIC, 2, 3, FilterDesign.BASIS, BasisImage.ON));
        assertArrayEquals(
                new long[] {2 * 64 * 9, 256}, large.get("generator.2.weight").shape());
        assertArrayEquals(new long[] {64, 128}, large.get("predictor.0.weight").shape());
        Map<String, Tensor> bank = state(new FilterDesign(FilterKind.STATIC, 2, 3, FilterDesign.BASIS, BasisImage.ON));
        assertArrayEquals(new long[] {6, 64, 3, 3}, bank.get("filters.weight").shape());
        assertEquals(
                List.of(
                        "embedding.weight",
                        "basis.weight",
                        "mixer.label.weight",
                        "mixer.label.bias",
                        "mixer.image.weight"),
                state(basis(4, BasisImage.ON)).keySet().stream()
                        .filter(name -> !name.startsWith("backbone.") && !name.startsWith("predictor."))
                        .toList());
    }

    @ParameterizedTest
    @CsvSource({
        "CONDITIONAL, 2, 1, 8, ON, --filter-heads 2: conditional filters have one head",
        "BASIS, 1, 3, 8, ON, --filter-size 3: basis filters have one place",
        "DYNAMIC, 1, 2, 8, ON, --filter-size 2: must be 1 or 3",
        "DYNAMIC, 1, 1, 9, ON, --basis 9: dynamic filters have no basis",
        "LOCAL, 1, 1, 8, OFF, --basis-image off: local filters have no basis"
    })
    void whatAKindOfFiltersDoesNotHaveIsRefusedByTheOptionsName(
            FilterKind kind, int heads, int size, int basis, BasisImage image, String message) {
        String said = assertThrows(InputException.class, () -> new FilterDesign(kind, heads, size, basis, image))
                .getMessage();
        assertEquals(message, said.substring(0, Math.min(message.length(), said.length())));
    }
}
