package dynafilter.serve;

import org.jspecify.annotations.Nullable;

/**
 * What the network says of one picture.
 *
 * @param scores the score (logit) of each label
 * @param maps its response maps, [K * heads, h, w]; null where they were not asked for
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
record Prediction(float[] scores, float @Nullable [] maps) {
    /** True: every score is a number; false: the input was beyond what float32 can compute with. */
    boolean isFinite() {
        for (float score : scores) {
            if (!Float.isFinite(score)) {
                return false;
            }
        }
        return true;
    }
}
