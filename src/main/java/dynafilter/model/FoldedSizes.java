package dynafilter.model;

/**
 * The sizes of a {@link FoldedNetwork}.
 *
 * @param layout of the backbone, without groups
 * @param image height and width of the pictures
 * @param maps the number of response maps, K * heads
 * @param heads the number of a label's filters
 * @param outputs the predictor's outputs for a label's maps
 */
record FoldedSizes(ResNetLayout layout, int image, int maps, int heads, int outputs) {
    private static final int CHANNELS = 3;

    /** The bytes of a picture. */
    int pixels() {
        return CHANNELS * image * image;
    }

    /** Height and width of the feature map. */
    long map() {
        return layout.side(image);
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
