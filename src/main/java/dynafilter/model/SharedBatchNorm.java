package dynafilter.model;

import static org.bytedeco.pytorch.global.torch.batch_norm;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorBase;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorTensorHook;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * BatchNorm in training whose statistics are those of all processes' images: one sum over the processes forward and one
 * backward, of two numbers a channel.
 *
 * <p>Given mean and variance, BatchNorm is a scale and a shift per channel, and that is what autograd sees: it leaves
 * {@code g = dL/dy * weight / std} at the input. What is missing is the part through the statistics; a hook at the input adds
 * it: {@code dL/dx = g - mean(g) - x' * mean(g * x')}, with x' the normalised input and the means over all images (Ioffe and
 * Szegedy 2015, section 3). Scale and shift have local gradients, which are summed with all others.
 */
final class SharedBatchNorm {
    private static final long[] PLACES = {0, 2, 3};

    private final BatchSums sums;
    private final double momentum;
    private final double epsilon;
    private final Hook hook = new Hook();
    private Tensor centred; // [N, C, H, W] of the last forward pass: the input less its mean
    private Tensor factor; // double [C], of the last forward pass: one over the standard deviation
    private Tensor gradient; // what the hook returned last

    SharedBatchNorm(BatchSums sums, double momentum, double epsilon) {
        this.sums = sums;
        this.momentum = momentum;
        this.epsilon = epsilon;
    }

    /** @param input [N, C, H, W], read by nobody else */
    Tensor forward(Tensor input, Tensor weight, Tensor bias, Tensor runningMean, Tensor runningVariance) {
        Tensor mean;
        Tensor variance;
        try (NoGradGuard guard = new NoGradGuard()) {
            Tensor numbers = input.detach().to(ScalarType.Float);
            Tensor ownMean = numbers.mean(PLACES).to(ScalarType.Double); // [C]
            Tensor ownVariance =
                    numbers.sub(column(ownMean, numbers)).square().mean(PLACES).to(ScalarType.Double);
            // Means of the numbers and of their squares: in double precision their difference loses nothing.
            Tensor moments = averaged(ownMean, ownVariance.add(ownMean.square())); // double [2C]
            long channels = ownMean.size(0);
            Tensor exactMean = moments.narrow(0, 0, channels);
            Tensor exactVariance = moments.narrow(0, channels, channels)
                    .sub(exactMean.square())
                    .clamp_min(new Scalar(0));
            mean = exactMean.to(runningMean.scalar_type());
            variance = exactVariance.to(runningVariance.scalar_type());
            double images = (double) numbers.numel() / channels * sums.processes();
            Scalar share = new Scalar(momentum);
            runningMean.lerp_(mean, share);
            runningVariance.lerp_(variance.mul(new Scalar(images / (images - 1))), share);
            centred = numbers.sub(column(exactMean, numbers));
            factor = exactVariance.add(new Scalar(epsilon)).rsqrt();
        }
        if (input.requires_grad()) {
            input.register_hook(hook);
        }
        return batch_norm(
                input,
                new TensorOptional(weight),
                new TensorOptional(bias),
                new TensorOptional(mean),
                new TensorOptional(variance),
                false,
                momentum,
                epsilon,
                torch.globalContext().userEnabledCuDNN());
    }

    /** Means over the processes: double [2C] of two [C]. */
    private Tensor averaged(Tensor first, Tensor second) {
        Tensor both = torch.cat(new TensorVector(first, second)).div_(new Scalar(sums.processes()));
        sums.sum(both);
        return both;
    }

    /** [1, C, 1, 1] of [C], of the type of {@code like}. */
    private static Tensor column(Tensor channels, Tensor like) {
        return channels.to(like.scalar_type()).view(1, -1, 1, 1);
    }

    private Tensor throughStatistics(Tensor gradient) {
        Tensor g = gradient.to(ScalarType.Float);
        Tensor mean = g.mean(PLACES).to(ScalarType.Double); // [C]
        Tensor product = g.mul(centred).mean(PLACES).to(ScalarType.Double);
        long channels = mean.size(0);
        Tensor means = averaged(mean, product);
        Tensor slope = means.narrow(0, channels, channels).mul(factor.square());
        return g.sub(column(means.narrow(0, 0, channels), g))
                .sub_(centred.mul(column(slope, g)))
                .to(gradient.scalar_type());
    }

    /** On CUDA it runs in a thread of autograd's own, which has no scope. */
    private final class Hook extends TensorTensorHook {
        @Override
        public TensorBase call(TensorBase upstream) {
            try (PointerScope scope = new PointerScope();
                    NoGradGuard guard = new NoGradGuard()) {
                if (gradient != null) {
                    gradient.close();
                }
                gradient = throughStatistics(new Tensor(upstream));
                gradient.retainReference();
                return gradient;
            }
        }
    }
}
