package dynafilter.model;

import dynafilter.runtime.ComputeDevice;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A classifier: a trained network, whose filters are constants. The returned tensors are owned by the caller's scope. */
public interface Classifier extends AutoCloseable {
    /**
     * The class scores (logits) of a batch.
     *
     * @param pixels uint8 [N, 3, H, W], on the network's device
     * @return [N, classes]
     */
    Tensor scores(Tensor pixels);

    /**
     * The response maps of a batch.
     *
     * @param pixels uint8 [N, 3, H, W], on the network's device
     * @return [N, K, h, w], a map per filter, rescaled
     */
    Tensor responseMaps(Tensor pixels);

    /** The filters, each of length one: [K, C, 1, 1]. */
    Tensor filters();

    /** Closes what the classifier owns. */
    @Override
    void close();

    /**
     * Stacks images to a batch for a classifier, owned by the caller's scope.
     *
     * @param images uint8 [3, H, W] each, on the CPU, all of one size; at least one
     * @return uint8 [N, 3, H, W] on the device, channels-last
     */
    static Tensor batch(List<Tensor> images, ComputeDevice device) {
        return ChannelsLast.of(
                torch.stack(new TensorVector(images.toArray(Tensor[]::new))).to(device.toTorch(), ScalarType.Byte));
    }
}
