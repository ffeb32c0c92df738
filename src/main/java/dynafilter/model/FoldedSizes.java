package dynafilter.model;

/**
 * The sizes of a {@link FoldedNetwork}.
 *
 * @param image height and width of the pictures
 * @param maps the number of response maps, K * heads
 * @param heads the number of a label's filters
 * @param outputs the predictor's outputs for a label's maps
 */
record FoldedSizes(int image, int maps, int heads, int outputs) {
    private static final int CHANNELS = 3;

    /** The bytes of a picture. */
    int pixels() {
        return CHANNELS * image * image;
    }

    /** Height and width of the first convolution's map. */
    int stem() {
        return (image + 1) / 2;
    }

    /** Height and width of the feature map. */
    int map() {
        return (stem() + 1) / 2;
    }

    /** The rows of response maps that the predictor takes. */
    int labels() {
        return maps / heads;
    }

    /** The number of scores. */
    int classes() {
        return labels() * outputs;
    }
}
