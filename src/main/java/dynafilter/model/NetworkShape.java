package dynafilter.model;

import dynafilter.data.ImageSize;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * What decides the shape of every tensor of a network.
 *
 * @param backbone what makes the feature map
 * @param filters where the filters come from
 * @param classes how many labels
 * @param channels C of the backbone's feature map [N, C, H, W]
 * @param mapHeight H
 * @param mapWidth W
 * @param adapter whether a trainable layer stands between the backbone and the filters
 * @param imageSize height and width of the images [N, 3, S, S]
 * @param embeddingSize numbers in a label's embedding
 */
public record NetworkShape(
        BackboneArchitecture backbone,
        FilterKind filters,
        int classes,
        int channels,
        int mapHeight,
        int mapWidth,
        boolean adapter,
        int imageSize,
        int embeddingSize) {
    /** Numbers in a label's embedding, where no word vectors decide. */
    public static final int EMBEDDING_SIZE = 128;

    /** The labels' embeddings in the state dict, a row a label. */
    public static final String EMBEDDING = "embedding.weight";

    /** Width of the filter generator's hidden layer. */
    public static final int GENERATOR_WIDTH = 256;

    /** Width of the score predictor's hidden layer. */
    public static final int PREDICTOR_WIDTH = 64;

    /** Height and width of the images of CIFAR and the sample set. */
    public static final int IMAGE_SIZE = ImageSize.CIFAR;

    /** The network on a backbone, for 32x32 images. */
    public static NetworkShape of(BackboneArchitecture backbone, FilterKind filters, int classes, boolean adapter) {
        return of(backbone, filters, classes, adapter, IMAGE_SIZE);
    }

    /** The network on a backbone: generator, filters and predictor follow its feature map of images of this size. */
    public static NetworkShape of(
            BackboneArchitecture backbone, FilterKind filters, int classes, boolean adapter, int imageSize) {
        long[] features = backbone.featureShape(imageSize, imageSize);
        return new NetworkShape(
                backbone,
                filters,
                classes,
                Math.toIntExact(features[0]),
                Math.toIntExact(features[1]),
                Math.toIntExact(features[2]),
                adapter,
                imageSize,
                EMBEDDING_SIZE);
    }

    /** The same network with embeddings of another size. */
    public NetworkShape withEmbeddingSize(int size) {
        return new NetworkShape(backbone, filters, classes, channels, mapHeight, mapWidth, adapter, imageSize, size);
    }

    /** The network that a state dict has the embeddings of; the same where it has none. */
    public NetworkShape withEmbeddingOf(Map<String, Tensor> state) {
        Tensor embedding = state.get(EMBEDDING); // [K, E]
        return embedding == null || embedding.dim() != 2 ? this : withEmbeddingSize(Math.toIntExact(embedding.size(1)));
    }

    /** The network for ResNet-18's layer1 on 32x32 images. */
    public static NetworkShape ofResNet18Stem(FilterKind filters, int classes) {
        return of(ResNetStem.ARCHITECTURE, filters, classes, false);
    }

    /** Whether a state dict is of a network with an adapter. */
    public static boolean hasAdapter(Map<String, ?> state) {
        return state.keySet().stream().anyMatch(name -> name.startsWith(Adapter.PREFIX));
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

    /** What response maps are multiplied by: one over the square root of the channels, as in scaled dot-product attention. */
    public double rescaling() {
        return DynamicConvolution.rescaling(channels);
    }

    /** Whether the tensor with this name in the state dict is trained by gradient descent; the others are buffers. */
    public boolean isParameter(String name) {
        return name.startsWith(BackboneArchitecture.PREFIX) ? backbone.isParameter(name) : StateDict.isParameter(name);
    }

    /**
     * Whether autocast casts the parameter with this name as it is: it goes straight into a convolution or a matrix product.
     * One filter a class is normalised before.
     */
    public boolean isCastByAutocast(String name) {
        return name.startsWith(BackboneArchitecture.PREFIX)
                ? backbone.isCastByAutocast(name)
                : !name.startsWith("filters.") && !name.startsWith(Adapter.NORM);
    }

    /** Whether the run that freezes so much trains the parameter with this name in the state dict. */
    public boolean trains(String parameter, Freeze freeze, boolean freezeLabels) {
        if (!parameter.startsWith(BackboneArchitecture.PREFIX)) {
            return !freezeLabels || !parameter.equals(EMBEDDING);
        }
        return switch (freeze) {
            case NONE -> true;
            case ALL -> false;
            case ALL_BUT_BN -> backbone.isBatchNorm(parameter);
        };
    }
}
