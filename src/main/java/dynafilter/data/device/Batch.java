package dynafilter.data.device;

import org.bytedeco.pytorch.Tensor;

/**
 * A batch of images and their labels, owned by the scope they were made in.
 *
 * @param images [N, 3, H, W], normalised, channels-last
 * @param labels int64 [N]
 */
public record Batch(Tensor images, Tensor labels) {}
