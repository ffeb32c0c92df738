package dynafilter.data.device;

/** The training batches of one epoch of some images, from {@link DeviceImages#epoch}: until another epoch of them begins. */
public final class EpochBatches {
    private final DeviceImages images;

    EpochBatches(DeviceImages images) {
        this.images = images;
    }

    /**
     * Sees that the next images of the epoch are at hand: on the host, once a step, before the step's batches are cut. A captured
     * step contains the cutting and not this.
     *
     * @param size of all batches of the step together; the same in every step that is to be captured
     * @return the batches of the step: the same object every time
     * @throws IllegalStateException if another epoch has begun
     */
    public StepBatches stage(long size) {
        return images.stage(this, size);
    }

    /** Waits until nothing is fetched in the background: no other thread then calls CUDA while a step is captured. */
    public void settle() {
        images.settle();
    }
}
