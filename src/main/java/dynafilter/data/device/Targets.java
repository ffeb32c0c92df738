package dynafilter.data.device;

import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * What a network is to say of images.
 *
 * @param labels int64 [N]
 * @param taught float32 [N, K], the probabilities that a teacher gives the labels; null: there is no teacher
 */
public record Targets(Tensor labels, @Nullable Tensor taught) {
    /** The targets of the images at these places, in the caller's scope: int64 [M]. */
    Targets at(Tensor places) {
        return new Targets(labels.index_select(0, places), taught == null ? null : taught.index_select(0, places));
    }
}
