package dynafilter.model;

import dynafilter.distributed.WorkerGroup;
import dynafilter.io.InputException;
import dynafilter.runtime.NativeOwner;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The network whose last convolution is generated from the label. It is bound to the tensors of a state dict: it reads, and
 * BatchNorm writes, exactly those.
 */
public final class DynamicFilterNetwork implements AutoCloseable {
    private final NetworkShape shape;
    private final NativeOwner owner;
    private final Backbone backbone;
    private final @Nullable Adapter adapter; // null where the network has none
    private final FilterSource filterSource;
    private final ScorePredictor predictor;

    private DynamicFilterNetwork(NetworkShape shape, Map<String, Tensor> state, Freeze freeze, WorkerGroup group) {
        this.shape = shape;
        try (NativeOwner building = new NativeOwner()) {
            backbone = building.keep(shape.backbone().bind(state, freeze.freezesStatistics(), group));
            adapter = shape.adapter() ? building.keep(new Adapter(state, group)) : null;
            filterSource = building.keep(FilterSource.bind(shape, state));
            predictor = new ScorePredictor(shape, state);
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
        ScorePredictor.shapes(shapes, shape);
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
                        + shape.design() + " filters needs");
            }
            long[] found = tensor.shape();
            if (!Arrays.equals(found, sizes)) {
                throw new InputException(
                        "tensor " + name + " is " + Arrays.toString(found) + ", but a network with " + shape.design()
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
                            + shape.design() + " filters does not have");
                });
    }

    /** The shape of the network. */
    public NetworkShape shape() {
        return shape;
    }

    /**
     * Sets how far the training is, for the next step.
     *
     * @param share the share of the run's steps that are done, in [0, 1]
     */
    public void progress(double share) {
        filterSource.progress(share);
    }

    /**
     * The class scores (logits) of a batch.
     *
     * @param images [N, 3, S, S], normalised
     * @param training true: BatchNorm uses the batch's statistics and updates the running ones; false: it uses the running ones
     * @return [N, classes]
     */
    public Tensor forward(Tensor images, boolean training) {
        return forwardFeatures(backboneFeatures(images, training), training);
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

    /** The backbone with the weights that it has now, quicker: {@link Backbone#fused}. */
    Optional<Backbone> fusedBackbone() {
        return backbone.fused();
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
        return filterSource.filters(training).scores(adapted(features, training), predictor);
    }

    /**
     * The class scores (logits) of images whose features are known.
     *
     * @param features [N, C, h, w], as from {@link #features}
     * @param filters of the network's labels, computed before, or of others
     * @return [N, K]
     */
    public Tensor scores(Tensor features, LabelFilters filters) {
        return filters.scores(features, predictor);
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

    /** The filters of the network's labels, as a trained network has them. */
    public LabelFilters filters() {
        return filterSource.filters(false);
    }

    /**
     * The filters of the network's labels as constants.
     *
     * @throws IllegalStateException where each image has filters of its own
     */
    public ConstantFilters constants() {
        LabelFilters filters = filters();
        if (filters instanceof ConstantFilters constants) {
            return constants;
        }
        if (filters instanceof MixedFilters mixed && mixed.image() == null) {
            return new ConstantFilters(mixed.constants(), null);
        }
        throw new IllegalStateException(shape.design() + " filters depend on the image");
    }

    /**
     * The filters of other labels than the network's own, differentiable with respect to their embeddings.
     *
     * @param embeddings [M, E]
     * @throws IllegalStateException where the network has filters that are made of no embedding
     */
    public LabelFilters filtersOf(Tensor embeddings) {
        if (filterSource instanceof LabelGenerator generator) {
            return generator.filtersOf(embeddings);
        }
        throw new IllegalStateException(shape.design() + " filters are made of no embedding");
    }

    /** Releases what was made to bind the network; the tensors stay with their owner. */
    @Override
    public void close() {
        owner.close();
    }
}
