package dynafilter.runtime;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The core of a training step in small: a convolution with batch normalisation over channels-last images, and backward. It leaves
 * its results in tensors of its own, so that it can be captured. All tensors are owned by the scope in which it is made.
 */
final class ProofStep implements Runnable {
    private static final long[] ONES = {1, 1};
    private static final double MOMENTUM = 0.1;
    private static final double EPSILON = 1e-5;
    private static final double PHASE = 0.7; // radians from one number to the next

    private final Tensor images; // [8, 16, 8, 8]
    private final Tensor filters; // [32, 16, 3, 3]
    private final Tensor slope; // [8, 32, 8, 8], the gradient of the output
    private final Tensor gain; // [32], as the next three
    private final Tensor bias;
    private final Tensor mean;
    private final Tensor variance;
    private final Tensor runs; // []
    private final Scalar one = new Scalar(1.0);
    private final Tensor output; // [8, 32, 8, 8]
    private final Tensor imagesGradient;
    private final Tensor filtersGradient;

    /** @param type of images and filters; the numbers are those that bf16 has, whatever the type */
    ProofStep(ComputeDevice device, ScalarType type) {
        images = waves(device, type, 8, 16, 8, 8);
        filters = waves(device, type, 32, 16, 3, 3);
        slope = waves(device, type, 8, 32, 8, 8);
        TensorOptions options = new TensorOptions().device(new DeviceOptional(device.toTorch()));
        gain = torch.ones(new long[] {32}, options);
        bias = torch.zeros_like(gain);
        mean = torch.zeros_like(gain);
        variance = torch.ones_like(gain);
        runs = torch.zeros(new long[0], options);
        output = torch.zeros_like(slope);
        imagesGradient = torch.zeros_like(images);
        filtersGradient = torch.zeros_like(filters);
        images.set_requires_grad(true);
        filters.set_requires_grad(true);
    }

    /** Numbers between -1 and 1 without a pattern that repeats itself. */
    private static Tensor waves(ComputeDevice device, ScalarType type, long... shape) {
        Tensor places = torch.arange(new Scalar((double) shape[0] * shape[1] * shape[2] * shape[3]));
        return places.mul(places)
                .mul(new Scalar(PHASE))
                .sin()
                .reshape(shape)
                .to(ScalarType.BFloat16)
                .to(type)
                .to(device.toTorch(), type)
                .contiguous(MemoryFormat.ChannelsLast);
    }

    @Override
    public void run() {
        try (PointerScope scope = new PointerScope()) {
            Tensor convolved = torch.conv2d(images, filters, new TensorOptional(), ONES, ONES, ONES, 1);
            Tensor normalized = torch.batch_norm(
                    convolved,
                    new TensorOptional(gain),
                    new TensorOptional(bias),
                    new TensorOptional(mean),
                    new TensorOptional(variance),
                    true,
                    MOMENTUM,
                    EPSILON,
                    torch.globalContext().userEnabledCuDNN());
            normalized.mul(slope).sum().backward();
            try (NoGradGuard guard = new NoGradGuard()) {
                output.copy_(normalized);
                imagesGradient.copy_(images.grad());
                filtersGradient.copy_(filters.grad());
                runs.add_(one);
            }
            images.mutable_grad().reset();
            filters.mutable_grad().reset();
        }
    }

    /** The results of the last run by name: live, not copies. */
    Map<String, Tensor> results() {
        Map<String, Tensor> results = new LinkedHashMap<>();
        results.put("the output", output);
        results.put("the images' gradient", imagesGradient);
        results.put("the filters' gradient", filtersGradient);
        return results;
    }

    /** float32 []: how often it has run. */
    Tensor runs() {
        return runs;
    }

    /** Sets results and count to zero. */
    void forget() {
        results().values().forEach(Tensor::zero_);
        runs.zero_();
    }
}
