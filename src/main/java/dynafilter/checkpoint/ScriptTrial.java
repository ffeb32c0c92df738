package dynafilter.checkpoint;

import dynafilter.io.InputException;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.Deviation;
import dynafilter.runtime.ScriptModule;
import dynafilter.torchfile.TorchScriptFile;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A trial of a TorchScript network in evaluation mode. A network that was traced in training mode cannot be switched to
 * evaluation: its dropout and its BatchNorm work as in training, and its results are silently wrong. It is recognised by its
 * results: they differ from call to call, or depend on the other images of the batch.
 *
 * <p>The tensors live in the caller's scope.
 */
public final class ScriptTrial {
    /** The tolerance, relative to the largest value: rounding is far below it, dropout and batch statistics are far above. */
    private static final double TOLERANCE = 1e-4;

    /** The tolerance of float32 beside float64: convolutions that are wrong are wrong by tenths. */
    private static final double EXACTNESS = 1e-2;

    private static final String WAY_OUT =
            ", as where a network is traced in training mode; call .eval() and trace it again";

    private final Path file;
    private final String what;
    private final UnaryOperator<Tensor> network;

    /**
     * A trial of one network.
     *
     * @param what the network's results, for messages
     * @param network computes the results of images, [N, ...]
     */
    ScriptTrial(Path file, String what, UnaryOperator<Tensor> network) {
        this.file = file;
        this.what = what;
        this.network = network;
    }

    /** Two different images as in files: uint8 [2, 3, S, S]. */
    public static Tensor pixels(int imageSize, ComputeDevice device) {
        long values = 2L * 3 * imageSize * imageSize;
        return torch.arange(new Scalar(values))
                .mul(new Scalar(97L))
                .remainder(new Scalar(251L))
                .to(ScalarType.Byte)
                .view(2, 3, imageSize, imageSize)
                .to(device.toTorch(), ScalarType.Byte);
    }

    /** The network's results of two images. */
    Tensor run(Tensor images) {
        return network.apply(images);
    }

    /**
     * Checks the results, and runs the network twice again, once beside another image.
     *
     * @param images [2, ...]
     * @param made the network's results of these images, [2, ...]
     * @throws InputException where the results are not finite, or those of an image differ
     */
    void requireSteady(Tensor images, Tensor made) {
        requireFinite(made, what, file);
        if (!Deviation.of(made, network.apply(images)).isWithin(TOLERANCE)) {
            throw new InputException(file + " makes other " + what
                    + " of the same images at every call: dropout is always at work in it" + WAY_OUT);
        }
        Tensor black = torch.zeros(
                images.get(1).shape(),
                new TensorOptions(images.scalar_type()).device(new DeviceOptional(images.device())));
        Tensor beside = network.apply(torch.stack(new TensorVector(images.get(0), black)));
        if (!Deviation.of(made.get(0), beside.get(0)).isWithin(TOLERANCE)) {
            throw new InputException(file + " makes " + what
                    + " of an image that depend on the other images of its batch: its BatchNorm takes its statistics from them"
                    + WAY_OUT);
        }
    }

    /**
     * Checks the results beside those in float64, which libtorch computes by other means: oneDNN's convolutions in float32 are wrong,
     * without a word, for some numbers of channels on some processors ({@link dynafilter.runtime.ConvolutionProof} tells of others).
     * A network whose program is made for float32 alone is let be.
     *
     * @param module the network
     * @param images the network's inputs, [2, ...]
     * @param made the network's results of these images; those of a GPU, which has no part in it, are let be
     * @throws InputException where the results differ
     */
    void requireRight(ScriptModule module, Tensor images, Tensor made) {
        if (!made.is_cpu()) {
            return;
        }
        Tensor exact;
        try (ScriptModule copy = TorchScriptFile.inFloat64(module)) {
            exact = copy.call("forward", images.to(ScalarType.Double)).toTensor();
        } catch (RuntimeException forFloat32Alone) {
            return;
        }
        if (!Deviation.of(exact, made).isWithin(EXACTNESS)) {
            throw new InputException(
                    file + " makes other " + what + " here than in float64: libtorch's convolutions are wrong for its"
                            + " numbers of channels on this processor; set ONEDNN_MAX_CPU_ISA=SSE41 in the environment, which is slower,"
                            + " or use a GPU");
        }
    }

    /** Refuses results of which nothing follows. */
    static void requireFinite(Tensor made, String what, Path file) {
        if (!Deviation.isFinite(made)) {
            throw new InputException(file + " makes " + what
                    + " that are NaN or infinite; give the file of a network whose training went well");
        }
    }
}
