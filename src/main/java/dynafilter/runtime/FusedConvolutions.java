package dynafilter.runtime;

import java.util.Optional;
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
    private final IValue noScalars;
    private final IValue nothing;
    private final IValue relu;
    private final IValue add;
    private final IValue one;
    private final IValue plainly;
    private final NativeOwner owner;

    private FusedConvolutions() {
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            convolution = building.keep(NativeOperator.find("mkldnn::_convolution_pointwise", ""));
            onto = building.keep(NativeOperator.find("mkldnn::_convolution_pointwise_", "binary"));
            noScalars = building.keep(NativeOperator.noScalars());
            nothing = building.keep(new IValue("none"));
            relu = building.keep(new IValue("relu"));
            add = building.keep(new IValue("add"));
            one = building.keep(new IValue(new Scalar(1.0)));
            plainly = building.keep(new IValue("")); // no algorithm of the operator behind is chosen
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

    /**
     * A convolution's constant arguments, owned by whoever makes them.
     *
     * @param weight [outputs, inputs / groups, height, width]
     * @param bias [outputs]
     */
    public record Layer(IValue weight, IValue bias, IValue padding, IValue stride, IValue dilation, IValue groups) {
        /** The arguments of a convolution, in the caller's scope. */
        public static Layer of(Tensor weight, Tensor bias, long stride, long padding, long groups) {
            return new Layer(
                    new IValue(weight),
                    new IValue(bias),
                    NativeOperator.pair(padding, padding),
                    NativeOperator.pair(stride, stride),
                    NativeOperator.pair(1, 1),
                    new IValue(groups));
        }

        /** The same arguments, kept by an owner. */
        public Layer kept(NativeOwner owner) {
            return new Layer(
                    owner.keep(weight),
                    owner.keep(bias),
                    owner.keep(padding),
                    owner.keep(stride),
                    owner.keep(dilation),
                    owner.keep(groups));
        }
    }

    /**
     * The convolution of an input.
     *
     * @param input float32 [N, inputs, H, W], channels-last
     * @param relu true: with ReLU behind it; false: as it is
     */
    public Tensor apply(Tensor input, Layer layer, boolean relu) {
        try (IValue images = new IValue(input)) {
            return convolution.result(
                    images,
                    layer.weight,
                    layer.bias,
                    layer.padding,
                    layer.stride,
                    layer.dilation,
                    layer.groups,
                    relu ? this.relu : nothing,
                    noScalars,
                    plainly);
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
            onto.call(
                    target,
                    images,
                    layer.weight,
                    layer.bias,
                    layer.padding,
                    layer.stride,
                    layer.dilation,
                    layer.groups,
                    add,
                    one,
                    relu,
                    noScalars,
                    plainly);
        }
    }

    @Override
    public void close() {
        owner.close();
    }
}
