package dynafilter.model;

import dynafilter.data.ImageSize;
import dynafilter.runtime.ConvolutionSizes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * The shape of a network: everything that decides the shapes of its tensors.
 *
 * @param backbone the architecture that makes the feature map
 * @param design of the filters
 * @param classes the number of labels, K
 * @param channels C of the backbone's feature map [N, C, H, W]
 * @param mapHeight H of the feature map
 * @param mapWidth W of the feature map
 * @param adapter true: a trainable layer stands between the backbone and the filters; false: nothing does
 * @param imageSize height and width of the images [N, 3, S, S]
 * @param embeddingSize the size E of a label's embedding
 */
public record NetworkShape(
        BackboneArchitecture backbone,
        FilterDesign design,
        int classes,
        int channels,
        int mapHeight,
        int mapWidth,
        boolean adapter,
        int imageSize,
        int embeddingSize) {
    /** The size of a label's embedding, unless word vectors decide it. */
    public static final int EMBEDDING_SIZE = 128;

    /** The name of the labels' embeddings in the state dict: [K, E]. */
    public static final String EMBEDDING = "embedding.weight";

    /** The width of the filter generator's hidden layer. */
    public static final int GENERATOR_WIDTH = 256;

    /** The width of the score predictor's hidden layer. */
    public static final int PREDICTOR_WIDTH = 64;

    /** The height and width of the images of CIFAR and the sample set, in pixels. */
    public static final int IMAGE_SIZE = ImageSize.CIFAR;

    /** The shape of a network on a backbone, for images of 32x32. */
    public static NetworkShape of(BackboneArchitecture backbone, FilterDesign design, int classes, boolean adapter) {
        return of(backbone, design, classes, adapter, IMAGE_SIZE);
    }

    /** The shape of a network on a backbone: generator, filters and predictor follow the feature map of images of this size. */
    public static NetworkShape of(
            BackboneArchitecture backbone, FilterDesign design, int classes, boolean adapter, int imageSize) {
        long[] features = backbone.featureShape(imageSize, imageSize);
        return new NetworkShape(
                backbone,
                design,
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
        return new NetworkShape(backbone, design, classes, channels, mapHeight, mapWidth, adapter, imageSize, size);
    }

    /** The same network with embeddings of the size that a state dict has; this shape where it has none. */
    public NetworkShape withEmbeddingOf(Map<String, Tensor> state) {
        Tensor embedding = state.get(EMBEDDING); // [K, E]
        return embedding == null || embedding.dim() != 2 ? this : withEmbeddingSize(Math.toIntExact(embedding.size(1)));
    }

    /** The shape of a network on ResNet-18 up to layer1, for images of 32x32. */
    public static NetworkShape ofResNet18Stem(FilterDesign design, int classes) {
        return of(ResNetArchitecture.STEM, design, classes, false);
    }

    /** The shape of a network on ResNet-18 up to layer1 whose filters have no further options. */
    public static NetworkShape ofResNet18Stem(FilterKind kind, int classes) {
        return ofResNet18Stem(FilterDesign.of(kind), classes);
    }

    /** True: a state dict is that of a network with an adapter; false: it has no tensor of an adapter. */
    public static boolean hasAdapter(Map<String, ?> state) {
        return state.keySet().stream().anyMatch(name -> name.startsWith(Adapter.PREFIX));
    }

    /** The number of values in one response map: the predictor's input width. */
    public int mapSize() {
        return mapHeight * mapWidth;
    }

    /** The number of response maps of an image: one per class and head, or the heads of a single filter. */
    public int maps() {
        return design.heads() * (design.kind() == FilterKind.SINGLE ? 1 : classes);
    }

    /** The number of outputs of the predictor for one response map. */
    public int predictorOutputs() {
        return design.kind() == FilterKind.SINGLE ? classes : 1;
    }

    /** The sizes of all convolutions in float32 on the CPU, of training and evaluation; empty where they are not known. */
    public Optional<List<ConvolutionSizes>> convolutions() {
        return backbone.convolutions(imageSize).map(known -> {
            List<ConvolutionSizes> sizes = new ArrayList<>(known);
            if (adapter) {
                sizes.add(new ConvolutionSizes(channels, channels, 1, 1, 0, 1, mapHeight, mapWidth));
            }
            if (design.kind() == FilterKind.BASIS) {
                sizes.add(ofFilters(design.basis()));
            }
            if (design.isConstant()) {
                sizes.add(ofFilters(maps()));
                for (int part = DynamicConvolution.BLOCK;
                        part <= ConstantFilters.BLOCK && part < maps();
                        part += DynamicConvolution.BLOCK) {
                    sizes.add(ofFilters(part)); // of many labels some come after others
                }
            }
            return sizes;
        });
    }

    /** The sizes of the convolution with some filters. */
    private ConvolutionSizes ofFilters(int count) {
        int side = design.size();
        long computed = DynamicConvolution.computed(count);
        int parts = PixelConvolution.parts(computed, channels, side, side);
        return new ConvolutionSizes(channels, computed / parts, side, 1, side / 2, 1, mapHeight, mapWidth);
    }

    /**
     * The convolution with some filters in TorchScript, for evaluation: what follows the line {@code filters = ...}, of rescaled
     * filters [count, C, k, k], up to {@code maps = ...} of {@code features}.
     *
     * @param runs true: by libtorch, whose convolutions are wrong on some processors for some numbers of filters; false: it is
     *     translated
     */
    public String convolutionScript(int count, boolean runs) {
        return DynamicConvolution.script(count, channels, design.size(), runs);
    }

    /** The factor of the response maps: one over the square root of a filter's length, as in scaled dot-product attention. */
    public double rescaling() {
        return DynamicConvolution.rescaling(design.length(channels));
    }

    /** True: the tensor of this name is a parameter, trained by gradient descent; false: it is a buffer. */
    public boolean isParameter(String name) {
        return name.startsWith(BackboneArchitecture.PREFIX) ? backbone.isParameter(name) : StateDict.isParameter(name);
    }

    /**
     * True: autocast casts the parameter of this name as it is, for a convolution or a matrix product; false: the parameter is
     * read otherwise, as trained filters are, which are normalised first, and the bias of a single score, which is added in
     * float32.
     */
    public boolean isCastByAutocast(String name) {
        if (name.startsWith(BackboneArchitecture.PREFIX)) {
            return backbone.isCastByAutocast(name);
        }
        boolean added = name.equals("predictor.2.bias") && predictorOutputs() == 1;
        return !added && !name.startsWith("filters.") && !name.startsWith("basis.") && !name.startsWith(Adapter.NORM);
    }

    /**
     * True: a run trains the parameter of this name; false: it is frozen.
     *
     * @param freeze the part of the backbone that is frozen
     * @param freezeLabels true: the embeddings are frozen; false: they train
     */
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
