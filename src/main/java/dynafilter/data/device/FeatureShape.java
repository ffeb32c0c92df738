package dynafilter.data.device;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The shape and type of one image's features.
 *
 * @param type float32, or bfloat16 where the backbone computes in it
 */
public record FeatureShape(long channels, long height, long width, ScalarType type) {
    /**
     * The shape and type of some images' features.
     *
     * @param features [N, C, h, w]
     */
    public static FeatureShape of(Tensor features) {
        return new FeatureShape(
                features.size(1),
                features.size(2),
                features.size(3),
                features.scalar_type().intern());
    }

    /** The bytes of one image's features. */
    public long bytes() {
        return channels * height * width * (type == ScalarType.Float ? Float.BYTES : Short.BYTES);
    }
}
