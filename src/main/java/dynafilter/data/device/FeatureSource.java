package dynafilter.data.device;

import org.bytedeco.pytorch.Tensor;

/**
 * The features that the batches of an image set are taken from, in one or several views; one view is shown at a time. Rows are
 * views one after the other: the features of image i in view v are row {@code v * N + i}. The channels of a place lie together.
 */
interface FeatureSource extends PixelSource {
    /** Shows a view from the next {@link #begin} on, and at once in {@link #inOrder}. */
    void show(int view);

    /**
     * Stores features.
     *
     * @param from the row of the first
     * @param features [K, h, w, C], of the source's type, contiguous, on the device
     */
    void put(long from, Tensor features);

    /** The features on the device: [M, h, w, C], the same memory from the first {@link #stage} on. */
    @Override
    Tensor pixels();

    /**
     * The features of the images {@code from} to {@code from + size - 1} in the order of the set.
     *
     * @return [size, C, h, w], channels-last, on the device, in the caller's scope
     */
    @Override
    Tensor inOrder(long from, long size);
}
