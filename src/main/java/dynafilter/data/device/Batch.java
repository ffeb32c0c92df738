package dynafilter.data.device;

import org.bytedeco.pytorch.Tensor;

/**
 * Images and labels of one step, owned by the scope they were made in.
 *
 * @param images float32 [N, 3, H, W], normalised, channels-last
 * @param labels int64 [N]
 */
public record Batch(Tensor images, Tensor labels) {}
