package dynafilter.model;

import org.bytedeco.pytorch.Tensor;

/** A trained network: its filters are constants. What it returns is owned by the caller's scope. */
public interface Classifier extends AutoCloseable {
    /**
     * @param pixels uint8 [N, 3, H, W], on the network's device
     * @return [N, classes]
     */
    Tensor scores(Tensor pixels);

    /**
     * @param pixels as for {@link #scores}
     * @return [N, K, h, w], a map per filter, rescaled
     */
    Tensor responseMaps(Tensor pixels);

    /** The filters, each of length one: [K, C, 1, 1]. */
    Tensor filters();

    /** Lets go of what the network is made of. */
    @Override
    void close();
}
