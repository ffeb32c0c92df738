package dynafilter.report.figure;

import dynafilter.data.ImageSet;
import dynafilter.io.InputException;
import dynafilter.model.Classifier;
import dynafilter.model.Scores;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.TensorBytes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The response maps and scores of a network for one image.
 *
 * @param name of the image, for people
 * @param image as the network sees it
 * @param classes the names of the labels
 * @param maps a response map a label, or a single one that all labels share; rescaled. Where labels have several filters, the
 *     mean of their response maps
 * @param heads the response maps of all filters, those of a label one after another; the same as {@code maps} where a label has
 *     one filter
 * @param scores a logit a label
 * @param label the true label; null: it is not known
 */
public record ResponseMaps(
        String name,
        PixelImage image,
        List<String> classes,
        List<Grid> maps,
        List<Grid> heads,
        Scores scores,
        @Nullable Integer label) {
    private static final double OPACITY_OF_LOW = 0.2;
    private static final double OPACITY_OF_RANGE = 0.6;

    /**
     * An image for the network.
     *
     * @param name for people
     * @param pixels uint8 [3, H, W], on the CPU; all images of a batch have one size
     * @param label the true label; null: it is not known
     */
    public record Input(
            String name, Tensor pixels, @Nullable Integer label) {}

    /** @throws IllegalArgumentException where there are not as many maps and scores as classes */
    public ResponseMaps {
        classes = List.copyOf(classes);
        maps = List.copyOf(maps);
        heads = List.copyOf(heads);
        if (scores.logits().length != classes.size() || (maps.size() != 1 && maps.size() != classes.size())) {
            throw new IllegalArgumentException(
                    maps.size() + " maps and " + scores.logits().length + " scores for " + classes.size() + " classes");
        }
    }

    /** The response maps of labels that have one filter each, or share one. */
    public ResponseMaps(
            String name,
            PixelImage image,
            List<String> classes,
            List<Grid> maps,
            Scores scores,
            @Nullable Integer label) {
        this(name, image, classes, maps, maps, scores, label);
    }

    /** The same with the probabilities of another temperature. */
    public ResponseMaps at(double temperature) {
        return new ResponseMaps(name, image, classes, maps, heads, scores.at(temperature), label);
    }

    /**
     * The response maps of some images of a set, as one batch.
     *
     * @param indices of the images in the set
     */
    public static List<ResponseMaps> of(Classifier classifier, ComputeDevice device, ImageSet set, long... indices) {
        try (PointerScope scope = new PointerScope()) {
            return of(classifier, device, set.classes(), inputs(set, indices));
        }
    }

    /**
     * Some images of a set, in the caller's scope.
     *
     * @param indices of the images in the set
     */
    public static List<Input> inputs(ImageSet set, long... indices) {
        try (ImageSet chosen = set.subset(indices)) {
            long[] labels = chosen.labelArray();
            List<Input> images = new ArrayList<>();
            for (int i = 0; i < indices.length; i++) {
                images.add(new Input(
                        set.name() + " image " + indices[i], chosen.images().select(0, i), Math.toIntExact(labels[i])));
            }
            return images;
        }
    }

    /**
     * The response maps of some images, as one batch.
     *
     * @throws InputException where the network has no response maps, or its scores are not finite
     */
    public static List<ResponseMaps> of(
            Classifier classifier, ComputeDevice device, List<String> classes, List<Input> images) {
        try (PointerScope scope = new PointerScope();
                InferenceMode inference = new InferenceMode()) {
            Tensor pixels = Classifier.batch(images.stream().map(Input::pixels).toList(), device); // [N, 3, H, W]
            Tensor maps = onCpu(classifier.responseMaps(pixels)); // [N, K * heads, h, w]
            Tensor scores = onCpu(classifier.scores(pixels)); // [N, classes]
            requireShape(maps, images.size(), classes.size() * classifier.heads(), classifier.heads());
            List<ResponseMaps> all = new ArrayList<>();
            for (int i = 0; i < images.size(); i++) {
                Input image = images.get(i);
                float[] logits = TensorBytes.floats(scores.select(0, i));
                requireFinite(logits, image.name());
                all.add(new ResponseMaps(
                        image.name(),
                        picture(image.pixels()),
                        classes,
                        grids(maps.select(0, i)
                                .unflatten(0, -1, classifier.heads())
                                .mean(1)),
                        grids(maps.select(0, i)),
                        new Scores(logits),
                        image.label()));
            }
            return all;
        }
    }

    private static void requireShape(Tensor maps, int images, int most, int least) {
        if (maps.dim() != 4 || maps.size(0) != images || (maps.size(1) != least && maps.size(1) != most)) {
            throw new InputException("the network's response_maps are " + Arrays.toString(maps.shape()) + ", and ["
                    + images + ", " + most + ", h, w] are needed; give a checkpoint, or a file that `dynafilter"
                    + " export` wrote");
        }
    }

    private static Tensor onCpu(Tensor tensor) {
        return tensor.to(new Device(DeviceType.CPU), ScalarType.Float).contiguous();
    }

    private static PixelImage picture(Tensor pixels) {
        int height = Math.toIntExact(pixels.size(1));
        int width = Math.toIntExact(pixels.size(2));
        return PixelImage.ofPlanes(TensorBytes.bytes(pixels.contiguous()), height, width);
    }

    /** @param maps [K, h, w] */
    private static List<Grid> grids(Tensor maps) {
        int height = Math.toIntExact(maps.size(1));
        int width = Math.toIntExact(maps.size(2));
        float[] values = TensorBytes.floats(maps);
        List<Grid> grids = new ArrayList<>();
        for (int from = 0; from < values.length; from += height * width) {
            grids.add(new Grid(height, width, Arrays.copyOfRange(values, from, from + height * width)));
        }
        return grids;
    }

    private static void requireFinite(float[] logits, String image) {
        for (float logit : logits) {
            if (!Float.isFinite(logit)) {
                throw new InputException("the network scores " + image + " with " + Arrays.toString(logits)
                        + ", which are not all numbers: it has diverged; train it again with a lower --lr");
            }
        }
    }

    /** True: all labels share one map; false: each has its own. */
    public boolean isShared() {
        return maps.size() < classes.size();
    }

    /** The map that a label's score is computed from. */
    public Grid map(int label) {
        return maps.get(isShared() ? 0 : label);
    }

    /** The label with the highest score. */
    public int predicted() {
        return scores.predicted();
    }

    /** True: the label is the image's true one; false: it is not, or the true one is not known. */
    public boolean isTrue(int candidate) {
        return label != null && label == candidate;
    }

    /** The scale from the lowest to the highest response in any of the maps. */
    public Scale scale() {
        return Scale.of(maps);
    }

    /**
     * A label's map laid over the image: the higher the response, the less of the image shows through. The image is in shades of
     * grey, so that all colour is the map's.
     *
     * @param scale of the colours of the map
     * @param size of the longer side, in pixels, approximately
     */
    public PixelImage overlay(int label, Scale scale, int size) {
        PixelImage large = enlarged(size);
        Grid map = map(label).bilinear(large.height(), large.width());
        return large.grey()
                .under(
                        PixelImage.of(map, Colormap.VIRIDIS, scale),
                        i -> OPACITY_OF_LOW + OPACITY_OF_RANGE * scale.share(map.values()[i]));
    }

    /** The image enlarged, each pixel becoming a square, to a longer side of approximately {@code size} pixels. */
    public PixelImage enlarged(int size) {
        return image.nearest(Math.max(1, size / Math.max(image.width(), image.height())));
    }
}
