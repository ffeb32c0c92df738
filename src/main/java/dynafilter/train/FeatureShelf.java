package dynafilter.train;

import dynafilter.runtime.ComputeDevice;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The features that runs with a frozen backbone share, one run after another: those of the last run stay for the next, where that
 * would compute the same. Runs of a comparison mostly do, since their filters differ and not their images.
 */
public final class FeatureShelf implements AutoCloseable {
    private @Nullable FeatureKey key; // null: there are no features
    private @Nullable KeptFeatures kept;

    /**
     * The features of a run, with those that an earlier one has computed; they stay the shelf's. Another's are released first.
     *
     * @param folder where features are kept in files and streamed from; null: they are all on the device
     */
    KeptFeatures of(FeatureKey wanted, ComputeDevice device, @Nullable Path folder) {
        KeptFeatures features = kept;
        if (features == null || !wanted.equals(key)) {
            close();
            features = new KeptFeatures(wanted.images().featureViews(), device, folder);
            kept = features;
            key = wanted;
        }
        return features;
    }

    /** Releases the features. The shelf can be used again. */
    @Override
    public void close() {
        if (kept != null) {
            kept.close();
        }
        kept = null;
        key = null;
    }
}
