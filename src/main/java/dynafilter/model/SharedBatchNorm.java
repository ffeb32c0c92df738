package dynafilter.model;

import static org.bytedeco.pytorch.global.torch.batch_norm;

import dynafilter.distributed.WorkerGroup;
import dynafilter.runtime.NativeOwner;
import java.util.Objects;
import org.bytedeco.javacpp.BoolPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorBase;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorTensorHook;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * Synchronised BatchNorm in training: its statistics are those of all processes' images. Each pass, forward and backward, has one
 * all-reduce of two numbers a channel.
 *
 * <p>Given mean and variance, BatchNorm is a scale and a shift per channel, and that is what autograd sees: it leaves
 * {@code g = dL/dy * weight / std} at the input. What is missing is the part through the statistics; a hook at the input adds
 * it: {@code dL/dx = g - mean(g) - x' * mean(g * x')}, with x' the normalised input and the means over all images (Ioffe and
 * Szegedy 2015, section 3). Scale and shift have local gradients, which are summed with all others.
 */
final class SharedBatchNorm implements AutoCloseable {
    private final WorkerGroup group;
    private final double momentum;
    private final double epsilon;
    private final NativeOwner owner = new NativeOwner();
    private final Hook hook = owner.keep(new Hook());
    private @Nullable Pass last; // the last forward pass; null before the first
    private @Nullable Tensor gradient; // the hook's last result; null before the first

    /**
     * A forward pass, as the backward pass needs it.
     *
     * @param input float32 [N, C, H, W]
     * @param mean double [C]
     * @param factor double [C]: one over the standard deviation
     */
    private record Pass(Tensor input, Tensor mean, Tensor factor) {
        long placesPerChannel() {
            return input.numel() / input.size(1);
        }
    }

    SharedBatchNorm(WorkerGroup group, double momentum, double epsilon) {
        this.group = group;
        this.momentum = momentum;
        this.epsilon = epsilon;
    }

    /**
     * The normalised input.
     *
     * @param input [N, C, H, W], read by nothing else: its gradient is corrected by a hook
     * @return [N, C, H, W]
     */
    Tensor forward(Tensor input, Tensor weight, Tensor bias, Tensor runningMean, Tensor runningVariance) {
        Tensor roundedMean;
        Tensor roundedVariance;
        try (NoGradGuard guard = new NoGradGuard()) {
            Tensor numbers = input.detach().to(ScalarType.Float);
            T_TensorTensor_T own =
                    torch.batch_norm_update_stats(numbers, new TensorOptional(), new TensorOptional(), 0);
            Tensor ownMean = own.get0().to(ScalarType.Double); // [C]
            Tensor ownVariance = own.get1().to(ScalarType.Double);
            // Means of the numbers and of their squares: in double precision their difference loses nothing.
            Tensor[] moments = averaged(ownMean, ownVariance.add(ownMean.square()));
            Tensor mean = moments[0];
            Tensor variance = moments[1].sub(mean.square()).clamp_min(new Scalar(0));
            Pass pass =
                    new Pass(numbers, mean, variance.add(new Scalar(epsilon)).rsqrt());
            last = pass;
            roundedMean = mean.to(runningMean.scalar_type());
            roundedVariance = variance.to(runningVariance.scalar_type());
            Scalar share = new Scalar(momentum);
            double places = (double) pass.placesPerChannel() * group.size();
            runningMean.lerp_(roundedMean, share);
            runningVariance.lerp_(roundedVariance.mul(new Scalar(places / (places - 1))), share);
        }
        if (input.requires_grad()) {
            input.register_hook(hook);
        }
        return batch_norm(
                input,
                new TensorOptional(weight),
                new TensorOptional(bias),
                new TensorOptional(roundedMean),
                new TensorOptional(roundedVariance),
                false,
                momentum,
                epsilon,
                torch.globalContext().userEnabledCuDNN());
    }

    /** The means over the processes of two tensors [C]. */
    private Tensor[] averaged(Tensor first, Tensor second) {
        Tensor both = torch.cat(new TensorVector(first, second)).div_(new Scalar(group.size()));
        group.sum(both);
        long channels = first.size(0);
        return new Tensor[] {both.narrow(0, 0, channels), both.narrow(0, channels, channels)};
    }

    /** A tensor [C] as float32 [1, C, 1, 1]. */
    private static Tensor column(Tensor channels) {
        return channels.to(ScalarType.Float).view(1, -1, 1, 1);
    }

    private Tensor throughStatistics(Pass pass, Tensor upstream) {
        Tensor g = upstream.to(ScalarType.Float);
        Scalar places = new Scalar((double) pass.placesPerChannel());
        T_TensorTensorTensor_T own = sumsOver(pass, g);
        Tensor[] means = averaged(
                own.get2().to(ScalarType.Double).div_(places),
                own.get1().to(ScalarType.Double).div_(places));
        Tensor slope = means[1].mul(pass.factor).neg_();
        Tensor shift = pass.mean.mul(slope).add_(means[0]).neg_();
        return torch.addcmul(g, pass.input, column(slope)).add_(column(shift)).to(upstream.scalar_type());
    }

    /** The sums of g x' and of g over images and places, by BatchNorm's own kernels: the second and the third of the result. */
    private T_TensorTensorTensor_T sumsOver(Pass pass, Tensor g) {
        return torch.native_batch_norm_backward(
                g,
                pass.input,
                new TensorOptional(),
                new TensorOptional(),
                new TensorOptional(),
                new TensorOptional(pass.mean.to(ScalarType.Float)),
                new TensorOptional(pass.factor.to(ScalarType.Float)),
                true,
                epsilon,
                new BoolPointer(3).put(0, false).put(1, true).put(2, true));
    }

    private void dropGradient() {
        if (gradient != null) {
            gradient.close();
            gradient = null;
        }
    }

    @Override
    public void close() {
        dropGradient();
        owner.close();
    }

    /** The hook at the input. On CUDA it runs in a thread of autograd's own, which has no scope. */
    private final class Hook extends TensorTensorHook {
        @Override
        public TensorBase call(TensorBase upstream) {
            try (PointerScope scope = new PointerScope();
                    NoGradGuard guard = new NoGradGuard()) {
                dropGradient();
                Pass pass = Objects.requireNonNull(last, "a forward pass comes first");
                Tensor corrected = NativeOwner.outliveScope(throughStatistics(pass, new Tensor(upstream)));
                gradient = corrected;
                return corrected;
            }
        }
    }
}
