package dynafilter.model;

import static dynafilter.TensorAssert.assertClose;
import static dynafilter.TensorAssert.assertIdentical;
import static dynafilter.TensorAssert.largest;
import static org.bytedeco.pytorch.global.torch.conv2d;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.distributed.WorkerGroup;
import dynafilter.io.InputException;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.Precision;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NativeScope.class)
class DynamicFilterNetworkTest {
    private static final int CLASSES = 10;
    private static final int IMAGES = 4;

    private Tensor images; // [IMAGES, 3, 32, 32]

    @BeforeEach
    void drawImages() {
        torch.manual_seed(5);
        images = torch.randn(IMAGES, 3, 32, 32);
    }

    private static NetworkShape shape(FilterKind filters) {
        return NetworkShape.ofResNet18Stem(filters, CLASSES);
    }

    /** Random tensors that end with the test. */
    private static Map<String, Tensor> state(FilterKind filters) {
        Map<String, Tensor> state = new LinkedHashMap<>();
        StateDict.random(shape(filters), 1).forEach((name, tensor) -> {
            state.put(name, tensor.clone());
            tensor.close();
        });
        return state;
    }

    private static DynamicFilterNetwork network(FilterKind filters, Map<String, Tensor> state) {
        return DynamicFilterNetwork.bind(shape(filters), state, Freeze.NONE);
    }

    @ParameterizedTest
    @EnumSource(FilterKind.class)
    void everyStepHasTheShapeItMustHave(FilterKind filters) {
        Map<String, Tensor> state = state(filters);
        DynamicFilterNetwork network = network(filters, state);
        long maps = filters == FilterKind.SINGLE ? 1 : CLASSES;
        Tensor features =
                ResNetArchitecture.STEM.bind(state, false, WorkerGroup.single()).forward(images, false);
        assertArrayEquals(new long[] {IMAGES, 64, 8, 8}, features.shape());
        boolean constant = shape(filters).design().isConstant();
        assertArrayEquals(
                new long[] {constant ? 1 : IMAGES, maps, 64},
                network.filters().ofImages(features).shape());
        assertArrayEquals(
                new long[] {IMAGES, maps, 8, 8},
                network.filters().responses(network.features(images, false)).shape());
        assertArrayEquals(
                new long[] {IMAGES, CLASSES}, network.forward(images, false).shape());
    }

    /** Some processors' kernels for half precision are wrong for an odd number of filters. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 7, 10})
    void inBfloat16TheFeaturesHaveTheGradientTheyHaveInFloat32(long labels) {
        Map<String, Tensor> state = state(FilterKind.DYNAMIC);
        DynamicFilterNetwork network = network(FilterKind.DYNAMIC, state);
        Tensor drawn = torch.randn(16, 64, 8, 8).contiguous(MemoryFormat.ChannelsLast);
        Tensor filters = network.constants().weights().detach().narrow(0, 0, labels);
        Tensor exact = gradient(network, drawn, filters);
        Tensor rounded;
        try (Precision.Region autocast = Precision.BF16.autocast(ComputeDevice.CPU.type())) {
            rounded = gradient(network, drawn.to(ScalarType.BFloat16), filters);
        }
        assertClose(exact, rounded.to(ScalarType.Float), 0.4, "gradient");
    }

    private static Tensor gradient(DynamicFilterNetwork network, Tensor features, Tensor filters) {
        Tensor leaf = features.detach();
        leaf.set_requires_grad(true);
        network.scores(leaf, new ConstantFilters(filters, null))
                .to(ScalarType.Float)
                .pow(new Scalar(2))
                .sum()
                .backward();
        return leaf.grad();
    }

    @Test
    void tenPassesWithOneFilterEachEqualOneConvolution() {
        Map<String, Tensor> state = state(FilterKind.DYNAMIC);
        DynamicFilterNetwork network = network(FilterKind.DYNAMIC, state);
        Tensor filters = network.constants().weights();
        Tensor together =
                new ConstantFilters(filters, null).responses(network.features(images, false)); // [N, 10, 8, 8]
        Tensor features = ResNetArchitecture.STEM
                .bind(state, false, WorkerGroup.single())
                .forward(images, false); // [N, 64, 8, 8]
        TensorVector passes = new TensorVector();
        for (int label = 0; label < CLASSES; label++) {
            Tensor map = conv2d(features, filters.narrow(0, label, 1)).div(new Scalar(8.0)); // [N, 1, 8, 8]
            passes.push_back(map);
        }
        assertClose(torch.cat(passes, 1), together, 1e-5, "response maps");
    }

    /** The network written out once more: the scores of one image, class by class. */
    @Test
    void theScoresAreThePredictorsOfEachMap() {
        Map<String, Tensor> state = state(FilterKind.DYNAMIC);
        DynamicFilterNetwork network = network(FilterKind.DYNAMIC, state);
        Tensor maps = network.filters().responses(network.features(images, false));
        Tensor scores = network.forward(images, false);
        for (int label = 0; label < CLASSES; label++) {
            Tensor flat = maps.select(1, label).reshape(IMAGES, 64);
            Tensor hidden = torch.relu(
                    torch.matmul(flat, state.get("predictor.0.weight").t()).add(state.get("predictor.0.bias")));
            Tensor score =
                    torch.matmul(hidden, state.get("predictor.2.weight").t()).add(state.get("predictor.2.bias"));
            assertClose(score.select(1, 0), scores.select(1, label), 1e-4, "scores of class " + label);
        }
    }

    @ParameterizedTest
    @EnumSource(value = FilterKind.class, names = "BASIS", mode = EnumSource.Mode.EXCLUDE)
    void filtersHaveLengthOne(FilterKind filters) {
        DynamicFilterNetwork network = network(filters, state(filters));
        Tensor made = network.filters().ofImages(network.features(images, false));
        Tensor lengths = made.pow(new Scalar(2)).sum(-1).sqrt();
        assertClose(torch.ones_like(lengths), lengths, 1e-6, "lengths");
    }

    /** What evaluation and export rely on: what is made of labels alone is computed once. */
    @ParameterizedTest
    @EnumSource(FilterKind.class)
    void filtersWrittenAsConstantsGiveTheSameScores(FilterKind filters) {
        DynamicFilterNetwork network = network(filters, state(filters));
        LabelFilters constants = network.filters();
        assertIdentical(
                network.forward(images, false), network.scores(network.features(images, false), constants), "scores");
    }

    @Test
    void aStaticNetworkWithTheGeneratedFiltersIsTheDynamicOne() {
        Map<String, Tensor> dynamic = state(FilterKind.DYNAMIC);
        DynamicFilterNetwork network = network(FilterKind.DYNAMIC, dynamic);
        Map<String, Tensor> fixed = new LinkedHashMap<>(dynamic);
        fixed.keySet().removeIf(name -> name.startsWith("embedding.") || name.startsWith("generator."));
        fixed.put("filters.weight", network.constants().weights().mul(new Scalar(3.0))); // normalised away
        assertClose(
                network.forward(images, false),
                network(FilterKind.STATIC, fixed).forward(images, false),
                1e-5,
                "scores");
    }

    /** Why {@code single} has ten outputs: one shared filter and one shared score leave nothing to tell classes apart by. */
    @Test
    void aSharedFilterWithAPredictorOfOneScoreCouldNotTellClassesApart() {
        Map<String, Tensor> state = state(FilterKind.SINGLE);
        DynamicFilterNetwork single = network(FilterKind.SINGLE, state);
        Tensor shared = single.constants().weights().expand(CLASSES, 64, 1, 1);
        Tensor maps = conv2d(
                        ResNetArchitecture.STEM
                                .bind(state, false, WorkerGroup.single())
                                .forward(images, false),
                        shared)
                .flatten(2, -1); // [N, 10, 64]
        Tensor weight = state.get("predictor.2.weight").narrow(0, 0, 1); // [1, 64]
        weight.set_requires_grad(true);
        Tensor hidden =
                torch.relu(torch.matmul(maps, state.get("predictor.0.weight").t()));
        Tensor scores = torch.matmul(hidden, weight.t()).flatten(1, -1); // [N, 10]
        assertTrue(largest(scores) > 0);
        assertClose(scores.select(1, 0).unsqueeze(1).expand(IMAGES, CLASSES), scores, 1e-5, "ten scores");

        Tensor loss = torch.cross_entropy_loss(scores, torch.zeros(IMAGES).to(torch.ScalarType.Long));
        assertEquals(Math.log(CLASSES), loss.item_double(), 1e-5);
        loss.backward();
        assertEquals(0, largest(weight.grad()), 1e-6);

        Tensor own = single.forward(images, false);
        assertTrue(largest(own.select(1, 0).sub(own.select(1, 1))) > 1e-3);
    }

    @Test
    void trainingTakesTheBatchsStatisticsAndFollowsThem() {
        Map<String, Tensor> state = state(FilterKind.DYNAMIC);
        DynamicFilterNetwork network = network(FilterKind.DYNAMIC, state);
        try (NoGradGuard guard = new NoGradGuard()) {
            Tensor conv = conv2d(
                    images,
                    state.get("backbone.conv1.weight"),
                    new org.bytedeco.pytorch.TensorOptional(),
                    new long[] {2, 2},
                    new long[] {3, 3},
                    new long[] {1, 1},
                    1);
            Tensor mean = conv.mean(0, 2, 3);
            network.forward(images, false);
            assertEquals(0, largest(state.get("backbone.bn1.running_mean")));
            network.forward(images, true);
            assertClose(mean.mul(new Scalar(0.1)), state.get("backbone.bn1.running_mean"), 1e-4, "running mean");
            assertEquals(
                    1, state.get("backbone.layer1.1.bn2.num_batches_tracked").item_long());
        }
    }

    @Test
    void namesTheTensorThatIsMissingLeftOverOrOfAnotherShape() {
        assertRefused(
                state -> state.remove("generator.2.bias"), "no tensor generator.2.bias, which a network with dynamic");
        assertRefused(state -> state.put("filters.weight", torch.zeros(10, 64, 1, 1)), "has a tensor filters.weight");
        assertRefused(
                state -> state.put("embedding.weight", torch.zeros(7, 128)),
                "tensor embedding.weight is [7, 128], but a network with dynamic filters and 10 classes needs [10, 128]");
    }

    private interface Change {
        void to(Map<String, Tensor> state);
    }

    private static void assertRefused(Change change, String message) {
        Map<String, Tensor> state = state(FilterKind.DYNAMIC);
        change.to(state);
        String actual = assertThrows(InputException.class, () -> network(FilterKind.DYNAMIC, state))
                .getMessage();
        assertTrue(actual.contains(message), actual);
    }
}
