package dynafilter.model;

import static dynafilter.TensorAssert.assertClose;
import static dynafilter.TensorAssert.assertIdentical;
import static dynafilter.TensorAssert.difference;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.distributed.WorkerGroup;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.ConvolutionSizes;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.Precision;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(NativeScope.class)
class FusedResNetTest {
    private static final ResNetLayout BOTTLENECKS = new ResNetLayout(true, 64, 1, List.of(1, 1));

    static Stream<ResNetLayout> layouts() {
        return Stream.of(ResNetLayout.STEM, new ResNetLayout(false, 64, 1, List.of(2, 2)), BOTTLENECKS);
    }

    /** Tensors whose BatchNorm does something, and which end with the test. */
    private static Map<String, Tensor> state(NetworkShape shape) {
        Map<String, Tensor> state = new LinkedHashMap<>();
        torch.manual_seed(3);
        StateDict.random(shape, 1).forEach((name, tensor) -> {
            boolean norm = shape.backbone().shapes().containsKey(name)
                    && shape.backbone().isBatchNorm(name);
            state.put(
                    name,
                    norm && tensor.is_floating_point()
                            ? torch.rand(tensor.shape()).add_(new Scalar(0.5))
                            : tensor.clone());
            tensor.close();
        });
        return state;
    }

    private static NetworkShape shape(ResNetLayout layout) {
        return NetworkShape.of(ResNetArchitecture.of(layout), FilterDesign.of(FilterKind.DYNAMIC), 3, false);
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void theFeaturesAreThoseOfTheLayersOneByOne(ResNetLayout layout) {
        Map<String, Tensor> state = state(shape(layout));
        Tensor images = torch.randn(5, 3, 32, 32).contiguous(MemoryFormat.ChannelsLast);
        try (NoGradGuard guard = new NoGradGuard();
                Backbone plain = new ResNet(layout, state, false, WorkerGroup.single());
                Backbone fused = plain.fused().orElseThrow()) {
            assertClose(plain.forward(images, false), fused.forward(images, false), 1e-5, layout.toString());
        }
    }

    /** A classifier's scores are those of the weights at its making; bf16 stays bf16. */
    @Test
    void aClassifierUsesItInFloat32Alone() {
        NetworkShape shape = shape(ResNetLayout.STEM);
        Map<String, Tensor> state = state(shape);
        Tensor pixels = torch.randint(256, new long[] {4, 3, 32, 32}).to(ScalarType.Float);
        try (NativeOwner owner = new NativeOwner();
                InferenceMode inference = new InferenceMode()) {
            DynamicFilterNetwork network = owner.keep(DynamicFilterNetwork.bind(shape, state, Freeze.NONE));
            Classifier before = owner.keep(new NetworkClassifier(network, ComputeDevice.CPU));
            Tensor scores = before.scores(pixels);
            try (PointerScope scope = new PointerScope();
                    Precision.Region half = Precision.BF16.autocast(DeviceType.CPU)) {
                double off = difference(scores, before.scores(pixels).to(ScalarType.Float));
                assertTrue(off > 1e-4 && off < 0.1, "bf16 differs by " + off);
            }
            state.get("backbone.layer1.0.conv1.weight").mul_(new Scalar(1.5));
            Classifier after = owner.keep(new NetworkClassifier(network, ComputeDevice.CPU));
            assertIdentical(scores, before.scores(pixels), "a classifier of the network as it was");
            assertTrue(difference(scores, after.scores(pixels)) > 1e-3);
        }
    }

    /** Every weight has its convolution: what is not listed would not be proved to be right. */
    @ParameterizedTest
    @MethodSource("layouts")
    void theSizesOfAllConvolutionsAreKnown(ResNetLayout layout) {
        NetworkShape shape = shape(layout);
        List<ConvolutionSizes> sizes = shape.convolutions().orElseThrow();
        DynamicFilterNetwork.stateShapes(shape).forEach((name, weight) -> {
            if (weight.length == 4) {
                assertTrue(
                        sizes.stream()
                                .anyMatch(known -> known.outputs() == weight[0]
                                        && known.inputs() / known.groups() == weight[1]
                                        && known.side() == weight[2]),
                        name);
            }
        });
        long[] features = {shape.channels(), shape.mapHeight(), shape.mapWidth()};
        ConvolutionSizes last = sizes.get(sizes.size() - 1); // the filters'
        assertTrue(last.inputs() == features[0] && last.height() == features[1] && last.width() == features[2]);
    }
}
