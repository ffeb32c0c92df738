package dynafilter.runtime;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * oneDNN's convolutions with what follows them in one pass over the memory, on the CPU in float32, without gradients: the operators
 * that PyTorch's compiler calls. On several cores it is the memory that convolutions and the small operators behind them share.
 */
public final class FusedConvolutions implements AutoCloseable {
    private final NativeOperator convolution;
    private final NativeOperator onto;
    private final List<IValue> asItIs;
    private final List<IValue> withRelu;
    private final List<IValue> sumWithRelu;
    private final Map<Long, IValue> pairs = new HashMap<>();
    private final NativeOwner owner;

    private FusedConvolutions() {
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            convolution = building.keep(NativeOperator.find("mkldnn::_convolution_pointwise", ""));
            onto = building.keep(NativeOperator.find("mkldnn::_convolution_pointwise_", "binary"));
            IValue relu = building.keep(new IValue("relu"));
            IValue noScalars = building.keep(NativeOperator.noScalars());
            IValue plainly = building.keep(new IValue("")); // no algorithm of the operator behind is chosen
            asItIs = List.of(building.keep(new IValue("none")), noScalars, plainly);
            withRelu = List.of(relu, noScalars, plainly);
            sumWithRelu = List.of(
                    building.keep(new IValue("add")),
                    building.keep(new IValue(new Scalar(1.0))),
                    relu,
                    noScalars,
                    plainly);
            owner = building.handOver();
        }
    }

    /** The operators; empty where libtorch was built without oneDNN. The caller closes them. */
    public static Optional<FusedConvolutions> find() {
        try {
            return Optional.of(new FusedConvolutions());
        } catch (RuntimeException absent) {
            return Optional.empty();
        }
    }

    /** A convolution's weights and sizes, of the {@link FusedConvolutions} that made it, which own them. */
    public static final class Layer {
        private final List<IValue> arguments;

        private Layer(List<IValue> arguments) {
            this.arguments = arguments;
        }
    }

    /**
     * A convolution to be applied.
     *
     * @param weight float32 [outputs, inputs / groups, height, width], channels-last
     * @param bias float32 [outputs]
     */
    public Layer layer(Tensor weight, Tensor bias, long stride, long padding, long groups) {
        try (PointerScope scope = new PointerScope()) {
            return new Layer(List.of(
                    owner.keep(new IValue(weight)),
                    owner.keep(new IValue(bias)),
                    pair(padding),
                    pair(stride),
                    pair(1), // dilation
                    owner.keep(new IValue(groups))));
        }
    }

    private IValue pair(long number) {
        return pairs.computeIfAbsent(number, both -> owner.keep(NativeOperator.pair(both, both)));
    }

    /**
     * The convolution of an input.
     *
     * @param input float32 [N, inputs, H, W], channels-last
     * @param relu true: with ReLU behind it; false: as it is
     */
    public Tensor apply(Tensor input, Layer layer, boolean relu) {
        try (IValue images = new IValue(input)) {
            return convolution.result(arguments(List.of(images), layer, relu ? withRelu : asItIs));
        }
    }

    /**
     * Adds the convolution of an input to a tensor of its result's shape, in place, with ReLU behind the sum.
     *
     * @param sum float32 [N, outputs, H, W], channels-last
     */
    public void addTo(Tensor sum, Tensor input, Layer layer) {
        try (IValue target = new IValue(sum);
                IValue images = new IValue(input)) {
            onto.call(arguments(List.of(target, images), layer, sumWithRelu));
        }
    }

    private static IValue[] arguments(List<IValue> tensors, Layer layer, List<IValue> following) {
        return Stream.of(tensors, layer.arguments, following)
                .flatMap(List::stream)
                .toArray(IValue[]::new);
    }

    @Override
    public void close() {
        owner.close();
    }
}
