package dynafilter.data.device;

import org.bytedeco.pytorch.Tensor;

/** What the batches of an image set are cut from. Rows of pixels lie together (NHWC). */
interface PixelSource extends AutoCloseable {
    /** An epoch begins at place {@code from} of its order. */
    void begin(EpochPlan plan, long from);

    /** The next {@code size} images of the epoch will be asked for; not part of a captured step. */
    void stage(long size);

    /** Waits until nothing is fetched in the background. */
    void settle();

    /** uint8 [M, H + 2p, W + 2p, 3] on the device: the same tensor from the first {@link #stage} on. */
    Tensor pixels();

    /**
     * Where images are among {@link #pixels}.
     *
     * @param images int64 [K], which of the set they are
     * @param places int64 [K], their places in the epoch's order
     * @return int64 [K]
     */
    Tensor rows(Tensor images, Tensor places);

    /**
     * Images {@code from} to {@code from + size - 1} of the set in its own order.
     *
     * @return uint8 [size, 3, H, W], channels-last, on the device, in the caller's scope
     */
    Tensor inOrder(long from, long size);

    @Override
    void close();
}
