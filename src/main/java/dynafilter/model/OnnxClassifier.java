package dynafilter.model;

import dynafilter.data.device.ChannelStatistics;
import dynafilter.data.device.Normalization;
import dynafilter.io.InputException;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.OnnxSession;
import dynafilter.runtime.TensorBytes;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** The classifier of an ONNX file that this program wrote; ONNX Runtime computes it on the CPU, in float32. */
public final class OnnxClassifier implements Classifier {
    private static final String INPUT = "image";

    private final OnnxSession session;
    private final int heads;
    private final @Nullable Normalization normalization; // null where the graph takes pixels

    /**
     * @param session the file, which the caller keeps open as long as this is
     * @param takesPixels true: its input is uint8 [N, H, W, 3]; false: it is normalised images [N, 3, H, W]
     * @param heads the number of a label's filters
     * @param statistics of the normalisation, where the graph takes normalised images
     */
    public OnnxClassifier(OnnxSession session, boolean takesPixels, int heads, ChannelStatistics statistics) {
        this.heads = heads;
        this.session = session;
        normalization = takesPixels ? null : new Normalization(statistics, ComputeDevice.CPU);
    }

    @Override
    public Tensor scores(Tensor pixels) {
        return run(pixels, "scores");
    }

    @Override
    public Tensor responseMaps(Tensor pixels) {
        return run(pixels, "response_maps");
    }

    private Tensor run(Tensor pixels, String output) {
        try (PointerScope scope = new PointerScope()) {
            Tensor onCpu = pixels.to(new Device(DeviceType.CPU), ScalarType.Byte);
            Tensor input = normalization == null
                    ? onCpu.permute(0, 2, 3, 1).contiguous()
                    : normalization.apply(onCpu).contiguous();
            int bytes = Math.toIntExact(input.nbytes());
            OnnxSession.Output made =
                    session.run(INPUT, TensorBytes.view(input, 0, bytes), normalization != null, input.shape(), output);
            return NativeOwner.outliveScope(
                    TensorBytes.of(made.values()).view(made.shape()).to(pixels.device(), ScalarType.Float));
        }
    }

    /** @throws InputException always: the graph has them, but does not give them */
    @Override
    public Tensor filters(Tensor pixels) {
        throw new InputException("an ONNX file does not give its filters; give the checkpoint it was exported from");
    }

    @Override
    public int heads() {
        return heads;
    }

    @Override
    public void close() {
        if (normalization != null) {
            normalization.close();
        }
    }
}
