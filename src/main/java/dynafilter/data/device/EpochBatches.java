package dynafilter.data.device;

/**
 * The training batches of one epoch, from {@link DeviceImages#epoch} or {@link DeviceFeatures#epoch}; valid until another epoch of
 * the same images begins.
 */
public final class EpochBatches {
    private final Epochs epochs;

    EpochBatches(Epochs epochs) {
        this.epochs = epochs;
    }

    /**
     * Puts the next images of the epoch at hand. The host does it once a step, before the step's batches are cut; a captured step
     * contains the cutting only.
     *
     * @param size the number of images of all batches of the step; the same in every step that is to be captured
     * @return the batches of the step: the same object every time
     * @throws IllegalStateException if another epoch has begun
     */
    public StepBatches stage(long size) {
        return epochs.stage(this, size);
    }

    /** Waits until nothing is fetched in the background: no other thread then calls CUDA while a step is captured. */
    public void settle() {
        epochs.settle();
    }
}
