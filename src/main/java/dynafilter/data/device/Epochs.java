package dynafilter.data.device;

import org.bytedeco.pytorch.NoGradGuard;
import org.jspecify.annotations.Nullable;

/** The epochs of a stored set, of which one at a time is current. */
final class Epochs {
    private final PixelSource source;
    private final StepBatches batches;
    private @Nullable EpochBatches current; // the epoch that was begun last; null before the first

    /** The caller closes both. */
    Epochs(PixelSource source, StepBatches batches) {
        this.source = source;
        this.batches = batches;
    }

    /** Begins an epoch at place {@code from} of its order. */
    EpochBatches begin(EpochPlan plan, long from) {
        batches.begin(plan, from);
        source.begin(plan, from);
        EpochBatches begun = new EpochBatches(this);
        current = begun;
        return begun;
    }

    StepBatches stage(EpochBatches epoch, long size) {
        if (epoch != current) {
            throw new IllegalStateException("another epoch of these images has begun");
        }
        try (NoGradGuard guard = new NoGradGuard()) {
            source.stage(size);
        }
        return batches;
    }

    void settle() {
        source.settle();
    }
}
