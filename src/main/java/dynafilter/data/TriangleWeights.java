package dynafilter.data;

/**
 * The weights of bilinear, antialiased resizing along one side: an output pixel is the sum of neighbouring input pixels under a
 * triangle that is as wide as two output pixels, or two input pixels where these are larger. Computed in libtorch's arithmetic
 * (compute_indices_weights_aa in UpSampleKernel.cpp), which is that of Pillow's Resample.c in float32.
 */
final class TriangleWeights {
    private final int[] first;
    private final int[] count;
    private final float[] weights;
    private final int most; // weights of an output pixel

    /**
     * The weights of some neighbouring output pixels.
     *
     * @param input the length of the side before
     * @param output its length after resizing
     * @param from the first output pixel that is wanted
     * @param wanted the number of output pixels that are wanted
     */
    TriangleWeights(int input, int output, int from, int wanted) {
        float scale = (float) input / output;
        float support = Math.max(scale, 1);
        float shrink = scale >= 1 ? (float) (1.0 / scale) : 1;
        most = (int) Math.ceil(support) * 2 + 1;
        first = new int[wanted];
        count = new int[wanted];
        weights = new float[wanted * most];
        for (int i = 0; i < wanted; i++) {
            float centre = (float) (scale * (from + i + 0.5));
            first[i] = (int) Math.max((long) (centre - support + 0.5), 0);
            count[i] = (int) Math.max(0, Math.min(Math.min((long) (centre + support + 0.5), input) - first[i], most));
            float total = 0;
            for (int j = 0; j < count[i]; j++) {
                float distance = Math.abs((float) ((first[i] + j - centre + 0.5) * shrink));
                weights[i * most + j] = distance < 1 ? 1 - distance : 0;
                total += weights[i * most + j];
            }
            for (int j = 0; j < count[i]; j++) {
                weights[i * most + j] /= total;
            }
        }
    }

    /** The first input pixel under an output pixel. */
    int first(int output) {
        return first[output];
    }

    /** The input pixel behind the last one under an output pixel. */
    int end(int output) {
        return first[output] + count[output];
    }

    /** All weights; those of an output pixel follow each other. */
    float[] all() {
        return weights;
    }

    /** The place in {@link #all} of the weight that an input pixel has in an output pixel, which it lies under. */
    int place(int output, int input) {
        return output * most + input - first[output];
    }
}
