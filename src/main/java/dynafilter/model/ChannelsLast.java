package dynafilter.model;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.MemoryFormat;

/** The memory format of all convolutions: channels-last. */
public final class ChannelsLast {
    private ChannelsLast() {}

    /**
     * A tensor with the channels of each pixel together. Not for speed alone: in the other order oneDNN 3.7, which libtorch 2.10
     * brings, computes convolutions wrongly on some processors (AMD Zen 5) unless their channels are multiples of 16.
     *
     * @param images [N, C, H, W]; filters of a convolution go with them
     * @return the same tensor where it is in that order already
     */
    public static Tensor of(Tensor images) {
        return images.contiguous(MemoryFormat.ChannelsLast);
    }
}
