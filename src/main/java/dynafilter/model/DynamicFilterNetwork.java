package dynafilter.model;

import static org.bytedeco.pytorch.global.torch.conv2d;
import static org.bytedeco.pytorch.global.torch.normalize;

import dynafilter.io.InputException;
import dynafilter.runtime.ScriptModule;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The classifier whose last convolution is generated from the label. Bound to the tensors of a state dict: it reads (and
 * BatchNorm writes) exactly those.
 */
public final class DynamicFilterNetwork implements AutoCloseable {
    private final NetworkShape shape;
    private final Backbone backbone;
    private final Adapter adapter; // null without one
    private final FilterSource filterSource;
    private final FilterGenerator generator; // null where the filters come from elsewhere
    private final ScorePredictor predictor;

    private DynamicFilterNetwork(NetworkShape shape, Map<String, Tensor> state, Freeze freeze, BatchSums sums) {
        this.shape = shape;
        backbone = shape.backbone().bind(state, freeze.freezesStatistics(), sums);
        adapter = shape.adapter() ? new Adapter(state, sums) : null;
        filterSource = FilterSource.bind(shape, state);
        generator = shape.filters() == FilterKind.DYNAMIC ? new FilterGenerator(state) : null;
        predictor = new ScorePredictor(state);
    }

    /**
     * Binds the network to the tensors of {@code state}, which the caller owns and keeps open as long as the network runs.
     *
     * @throws InputException where a tensor is missing, left over or of another shape, naming the first
     */
    public static DynamicFilterNetwork bind(NetworkShape shape, Map<String, Tensor> state, Freeze freeze) {
        return bind(shape, state, freeze, null);
    }

    /**
     * The same, as one of several processes that share a batch.
     *
     * @param sums over the processes whose images BatchNorm takes its statistics of; null for this one's
     */
    public static DynamicFilterNetwork bind(
            NetworkShape shape, Map<String, Tensor> state, Freeze freeze, BatchSums sums) {
        check(shape, state);
        return new DynamicFilterNetwork(shape, state, freeze, sums);
    }

    /** The shape of every tensor of the state dict, by name: backbone, filters, predictor. */
    public static Map<String, long[]> stateShapes(NetworkShape shape) {
        Map<String, long[]> shapes = new LinkedHashMap<>(shape.backbone().shapes());
        if (shape.adapter()) {
            shapes.putAll(Adapter.shapes(shape.channels()));
        }
        shapes.putAll(FilterSource.shapes(shape));
        shapes.putAll(ScorePredictor.shapes(shape));
        return shapes;
    }

    /**
     * Checks a state dict as {@code load_state_dict(strict=True)} would.
     *
     * @throws InputException where a tensor is missing, left over or of another shape, naming the first
     */
    public static void check(NetworkShape shape, Map<String, Tensor> state) {
        Map<String, long[]> expected = stateShapes(shape);
        expected.forEach((name, sizes) -> {
            Tensor tensor = state.get(name);
            if (tensor == null) {
                throw new InputException("the state dict has no tensor " + name + ", which a network with "
                        + shape.filters() + " filters needs");
            }
            long[] found = tensor.shape();
            if (!Arrays.equals(found, sizes)) {
                throw new InputException(
                        "tensor " + name + " is " + Arrays.toString(found) + ", but a network with " + shape.filters()
                                + " filters and " + shape.classes() + " classes needs " + Arrays.toString(sizes));
            }
            if (shape.isParameter(name) && !tensor.is_floating_point()) {
                throw new InputException("tensor " + name + " holds whole numbers, as of a quantized network; give one"
                        + " in floating-point numbers");
            }
        });
        state.keySet().stream()
                .filter(name -> !expected.containsKey(name))
                .findFirst()
                .ifPresent(name -> {
                    throw new InputException("the state dict has a tensor " + name + ", which a network with "
                            + shape.filters() + " filters does not have");
                });
    }

    public NetworkShape shape() {
        return shape;
    }

    /**
     * Scores of a batch.
     *
     * @param images [N, 3, S, S], normalised
     * @param training whether BatchNorm takes the batch's statistics
     * @return scores [N, classes]
     */
    public Tensor forward(Tensor images, boolean training) {
        return scores(images, filters(), training);
    }

    /** Scores with filters computed before: they are constants of a trained network. */
    public Tensor scores(Tensor images, Tensor filters, boolean training) {
        return predictor.forward(responseMaps(images, filters, training));
    }

    /**
     * What the filters are applied to.
     *
     * @param images [N, 3, H, W], normalised
     * @return [N, C, h, w]
     */
    public Tensor features(Tensor images, boolean training) {
        Tensor features = backbone.forward(images, training); // [N, C, h, w]
        return adapter == null ? features : adapter.forward(features, training);
    }

    /**
     * Scores of images whose features are known.
     *
     * @param features [N, C, h, w], as from {@link #features}
     * @param filters [K, C, 1, 1], of these or of other labels
     * @return [N, K]
     */
    public Tensor scoresOf(Tensor features, Tensor filters) {
        return predictor.forward(mapsOf(features, filters));
    }

    /**
     * The response maps of a batch, rescaled.
     *
     * @param filters as from {@link #filters()}
     * @return [N, K, H, W], a map per filter
     */
    public Tensor responseMaps(Tensor images, Tensor filters, boolean training) {
        return mapsOf(features(images, training), filters);
    }

    private Tensor mapsOf(Tensor features, Tensor filters) {
        // The filters are rescaled instead of the maps: the same product, over far fewer numbers.
        Tensor rescaled = filters.mul(new Scalar(rescaling(shape)));
        return features.scalar_type().intern() == ScalarType.Float
                ? conv2d(features, rescaled)
                : evenConvolution(features, rescaled);
    }

    /**
     * A convolution in half precision with an even number of filters: of an odd number oneDNN 3.7, which libtorch 2.10 brings,
     * computes a wrong gradient of the input on some processors (AMD Zen 5), and says nothing.
     */
    private static Tensor evenConvolution(Tensor features, Tensor filters) {
        long count = filters.size(0);
        if (count % 2 == 0) {
            return conv2d(features, filters);
        }
        Tensor padded = torch.cat(new TensorVector(filters, torch.zeros_like(filters.narrow(0, 0, 1))));
        return conv2d(features, padded).narrow(1, 0, count);
    }

    /**
     * Makes the adapter of a new network the identity on the features of some images, where they are not negative.
     *
     * @param images [N, 3, H, W], normalised; training images, many enough for the statistics of a channel
     */
    public void calibrateAdapter(Map<String, Tensor> state, Tensor images) {
        Adapter.calibrate(state, backbone.forward(images, false));
    }

    /** The adapter as TorchScript, for evaluation; the caller closes it. */
    public static ScriptModule adapterToTorchScript(Map<String, Tensor> state) {
        return Adapter.toTorchScript(state);
    }

    /** What response maps are multiplied by: one over the square root of the channels, as in scaled dot-product attention. */
    public static double rescaling(NetworkShape shape) {
        return 1 / Math.sqrt(shape.channels());
    }

    /** The filters, each of length one: [K, C, 1, 1]. */
    public Tensor filters() {
        return unit(filterSource.filters());
    }

    /**
     * The filters of other labels than the network's own, each of length one, connected to their embeddings.
     *
     * @param embeddings [M, E]
     * @return [M, C, 1, 1]
     * @throws IllegalStateException where the network has no generator
     */
    public Tensor filtersOf(Tensor embeddings) {
        if (generator == null) {
            throw new IllegalStateException(shape.filters() + " filters are made of no embedding");
        }
        return unit(generator.forward(embeddings));
    }

    /** @param rows [M, C] */
    private Tensor unit(Tensor rows) {
        return normalize(rows).view(-1, shape.channels(), 1, 1);
    }

    /** Lets go of what was made to bind it; the tensors stay with their owner. */
    @Override
    public void close() {
        backbone.close();
    }
}
