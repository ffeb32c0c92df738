package dynafilter.model;

import dynafilter.runtime.ComputeDevice;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A classifier: a trained network. The returned tensors are owned by the caller's scope. */
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
     * @return [N, K * heads, h, w], a map per filter, the heads of a label one after another, rescaled
     */
    Tensor responseMaps(Tensor pixels);

    /**
     * The filters that images are convolved with.
     *
     * @param pixels uint8 [N, 3, H, W], on the network's device
     * @return [N, K * heads, length], a filter for each of an image's response maps; N is 1 where all images have the same
     */
    Tensor filters(Tensor pixels);

    /** The number of a label's filters, and so of its response maps. */
    int heads();

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
