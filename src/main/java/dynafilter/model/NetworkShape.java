package dynafilter.model;

/**
 * What decides the shape of every tensor behind the backbone.
 *
 * @param filters where the filters come from
 * @param classes how many labels
 * @param channels C of the backbone's feature map [N, C, H, W]
 * @param mapHeight H
 * @param mapWidth W
 */
public record NetworkShape(FilterKind filters, int classes, int channels, int mapHeight, int mapWidth) {
    /** Numbers in a label's embedding. */
    public static final int EMBEDDING_SIZE = 128;

    /** Width of the filter generator's hidden layer. */
    public static final int GENERATOR_WIDTH = 256;

    /** Width of the score predictor's hidden layer. */
    public static final int PREDICTOR_WIDTH = 64;

    /** The network for ResNet-18's layer1 on 32x32 images. */
    public static NetworkShape ofResNet18Stem(FilterKind filters, int classes) {
        return new NetworkShape(filters, classes, ResNetStem.CHANNELS, 8, 8);
    }

    /** Numbers in one response map: the predictor's input width. */
    public int mapSize() {
        return mapHeight * mapWidth;
    }

    /** Response maps an image has: one per class, or a single one. */
    public int maps() {
        return filters == FilterKind.SINGLE ? 1 : classes;
    }

    /** Outputs of the predictor for one response map. */
    public int predictorOutputs() {
        return filters == FilterKind.SINGLE ? classes : 1;
    }
}
