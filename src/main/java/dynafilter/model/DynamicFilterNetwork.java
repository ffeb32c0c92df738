package dynafilter.model;

import dynafilter.distributed.WorkerGroup;
import dynafilter.io.InputException;
import dynafilter.runtime.NativeOwner;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The network whose last convolution is generated from the label. It is bound to the tensors of a state dict: it reads, and
 * BatchNorm writes, exactly those.
 */
public final class DynamicFilterNetwork implements AutoCloseable {
    private static final String PREDICTOR = "predictor";

    private final NetworkShape shape;
    private final NativeOwner owner;
    private final Backbone backbone;
    private final @Nullable Adapter adapter; // null where the network has none
    private final FilterSource filterSource;
    private final TwoLayerHead predictor; // of class scores, shared by all response maps

    private DynamicFilterNetwork(NetworkShape shape, Map<String, Tensor> state, Freeze freeze, WorkerGroup group) {
        this.shape = shape;
        try (NativeOwner building = new NativeOwner()) {
            backbone = building.keep(shape.backbone().bind(state, freeze.freezesStatistics(), group));
            adapter = shape.adapter() ? building.keep(new Adapter(state, group)) : null;
            filterSource = FilterSource.bind(shape, state);
            predictor = new TwoLayerHead(state, PREDICTOR);
            owner = building.handOver();
        }
    }

    /**
     * Binds the network to the tensors of {@code state}, which the caller owns and keeps open as long as the network runs.
     *
     * @throws InputException where a tensor is missing, left over or of another shape, naming the first
     */
    public static DynamicFilterNetwork bind(NetworkShape shape, Map<String, Tensor> state, Freeze freeze) {
        return bind(shape, state, freeze, WorkerGroup.single());
    }

    /**
     * Binds the network as one of several processes that share a batch; see {@link #bind(NetworkShape, Map, Freeze)}.
     *
     * @param group the processes over whose images BatchNorm takes its statistics
     * @throws InputException where a tensor is missing, left over or of another shape, or where the backbone cannot share its
     *     statistics
     */
    public static DynamicFilterNetwork bind(
            NetworkShape shape, Map<String, Tensor> state, Freeze freeze, WorkerGroup group) {
        check(shape, state);
        return new DynamicFilterNetwork(shape, state, freeze, group);
    }

    /** The shape of every tensor of the state dict, by name: backbone, filters, predictor. */
    public static Map<String, long[]> stateShapes(NetworkShape shape) {
        Map<String, long[]> shapes = new LinkedHashMap<>(shape.backbone().shapes());
        if (shape.adapter()) {
            shapes.putAll(Adapter.shapes(shape.channels()));
        }
        shapes.putAll(FilterSource.shapes(shape));
        TwoLayerHead.shapes(shapes, PREDICTOR, shape.mapSize(), NetworkShape.PREDICTOR_WIDTH, shape.predictorOutputs());
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

    /** The shape of the network. */
    public NetworkShape shape() {
        return shape;
    }

    /**
     * The class scores (logits) of a batch.
     *
     * @param images [N, 3, S, S], normalised
     * @param training true: BatchNorm uses the batch's statistics and updates the running ones; false: it uses the running ones
     * @return [N, classes]
     */
    public Tensor forward(Tensor images, boolean training) {
        return predict(filterSource.responses(features(images, training)));
    }

    /**
     * The class scores (logits) of a batch with filters computed before, which are constants of a trained network.
     *
     * @param images [N, 3, S, S], normalised
     * @param filters as from {@link #filters()}
     * @return [N, classes]
     */
    public Tensor scores(Tensor images, Tensor filters, boolean training) {
        return predict(responseMaps(images, filters, training));
    }

    /**
     * The feature map of a batch, to which the filters are applied.
     *
     * @param images [N, 3, H, W], normalised
     * @return [N, C, h, w]
     */
    public Tensor features(Tensor images, boolean training) {
        return adapted(backboneFeatures(images, training), training);
    }

    /**
     * The backbone's feature map of a batch, before an adapter changes it.
     *
     * @param images [N, 3, H, W], normalised
     * @return [N, C, h, w]
     */
    public Tensor backboneFeatures(Tensor images, boolean training) {
        return backbone.forward(images, training);
    }

    /** What the filters are applied to: the backbone's feature map, as an adapter changes it where there is one. */
    Tensor adapted(Tensor features, boolean training) {
        return adapter == null ? features : adapter.forward(features, training);
    }

    /**
     * The class scores (logits) of a batch whose feature maps are known: {@link #forward} without the backbone.
     *
     * @param features [N, C, h, w], as from {@link #backboneFeatures}
     * @return [N, classes]
     */
    public Tensor forwardFeatures(Tensor features, boolean training) {
        return predict(filterSource.responses(adapted(features, training)));
    }

    /**
     * The class scores (logits) of images whose features are known.
     *
     * @param features [N, C, h, w], as from {@link #features}
     * @param filters [K, C, 1, 1], of the network's labels or of others
     * @return [N, K]
     */
    public Tensor scoresOf(Tensor features, Tensor filters) {
        return predict(DynamicConvolution.apply(features, filters));
    }

    /**
     * The response maps of a batch, rescaled.
     *
     * @param images [N, 3, S, S], normalised
     * @param filters as from {@link #filters()}
     * @return [N, K, H, W], a map per filter
     */
    public Tensor responseMaps(Tensor images, Tensor filters, boolean training) {
        return DynamicConvolution.apply(features(images, training), filters);
    }

    /**
     * The class scores of response maps, by the same two layers for every class.
     *
     * @param maps [N, K, H, W]
     * @return [N, classes]
     */
    private Tensor predict(Tensor maps) {
        Tensor scores = predictor.forward(maps.flatten(2, -1)); // [N, K, H * W] to [N, K, 1] or [N, 1, classes]
        return scores.flatten(1, -1);
    }

    /**
     * Initialises the adapter of a new network as the identity on those features of some images that are not negative.
     *
     * @param state every tensor of the network by name; the adapter's change
     * @param images [N, 3, H, W], normalised; enough training images for the statistics of a channel
     */
    public void calibrateAdapter(Map<String, Tensor> state, Tensor images) {
        Adapter.calibrate(state, backbone.forward(images, false));
    }

    /**
     * The filters, each of length one: [K, C, 1, 1].
     *
     * @throws IllegalStateException where each image has filters of its own
     */
    public Tensor filters() {
        if (!filterSource.isConstant()) {
            throw new IllegalStateException(shape.filters() + " filters depend on the image");
        }
        return filterSource.filters();
    }

    /**
     * The filters of other labels than the network's own, each of length one, differentiable with respect to their embeddings.
     *
     * @param embeddings [M, E]
     * @return [M, C, 1, 1]
     * @throws IllegalStateException where the network has no generator
     */
    public Tensor filtersOf(Tensor embeddings) {
        if (filterSource instanceof FilterGenerator generator) {
            return generator.filtersOf(embeddings);
        }
        throw new IllegalStateException(shape.filters() + " filters are made of no embedding");
    }

    /** Releases what was made to bind the network; the tensors stay with their owner. */
    @Override
    public void close() {
        owner.close();
    }
}
