package dynafilter.data.device;

import org.bytedeco.pytorch.Tensor;

/** The pixels that the batches of an image set are cut from. The channels of a pixel lie together (NHWC). */
interface PixelSource extends AutoCloseable {
    /** Begins an epoch at place {@code from} of its order. */
    void begin(EpochPlan plan, long from);

    /** Puts the next {@code size} images of the epoch at hand; not part of a captured step. */
    void stage(long size);

    /** Waits until nothing is fetched in the background. */
    void settle();

    /** The pixels on the device: uint8 [M, H + 2p, W + 2p, 3], the same tensor from the first {@link #stage} on. */
    Tensor pixels();

    /**
     * The rows of {@link #pixels} that hold some images.
     *
     * @param images int64 [K], their indices in the set
     * @param places int64 [K], their places in the epoch's order
     * @return int64 [K]
     */
    Tensor rows(Tensor images, Tensor places);

    /**
     * The images {@code from} to {@code from + size - 1} in the order of the set.
     *
     * @return uint8 [size, 3, H, W], channels-last, on the device, in the caller's scope
     */
    Tensor inOrder(long from, long size);

    @Override
    void close();
}
