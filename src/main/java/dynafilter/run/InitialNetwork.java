package dynafilter.run;

import dynafilter.checkpoint.BackboneSource;
import dynafilter.checkpoint.Checkpoint;
import dynafilter.checkpoint.PretrainedBackbone;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.checkpoint.UnseenLabels;
import dynafilter.data.ClassNames;
import dynafilter.data.DataSet;
import dynafilter.data.LabelSplit;
import dynafilter.data.device.ChannelStatistics;
import dynafilter.data.words.WordVectors;
import dynafilter.io.InputException;
import dynafilter.io.ProgressListener;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.NetworkShape;
import dynafilter.model.StateDict;
import dynafilter.runfolder.Normalize;
import dynafilter.runfolder.Recipe;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** The network that a run begins or goes on with; it owns its tensors and its backbone. */
final class InitialNetwork implements AutoCloseable {
    private final PretrainedBackbone backbone;
    private final NetworkShape shape;
    private final Map<String, Tensor> state;
    private final @Nullable WordVectors vectors; // null: the labels' embeddings start from none
    private final @Nullable UnseenLabels unseen; // null: no label is held out
    private final @Nullable ChannelStatistics statistics; // null: those of the training images
    private final NativeOwner owner;

    private InitialNetwork(
            PretrainedBackbone backbone,
            NetworkShape shape,
            Map<String, Tensor> state,
            @Nullable WordVectors vectors,
            @Nullable UnseenLabels unseen,
            @Nullable ChannelStatistics statistics,
            NativeOwner owner) {
        this.backbone = backbone;
        this.shape = shape;
        this.state = state;
        this.vectors = vectors;
        this.unseen = unseen;
        this.statistics = statistics;
        this.owner = owner;
    }

    /**
     * The network of a new run: the backbone from its source, all other tensors at random or from word vectors. An adapter is not
     * calibrated yet.
     *
     * @param ranks the ranks; the first downloads a backbone that is not here yet
     * @param download takes the progress of the download
     * @throws dynafilter.io.InputException where the backbone or the word vectors cannot be used
     */
    static InitialNetwork fresh(
            Recipe recipe, LabelSplit split, ComputeDevice device, RankAgreement ranks, ProgressListener download) {
        try (NativeOwner building = new NativeOwner()) {
            PretrainedBackbone backbone = building.keep(ranks.inTurn(() -> new BackboneSource()
                    .load(
                            recipe.network().backbone(),
                            recipe.network().cut(),
                            recipe.images().imageSize(),
                            device,
                            download)));
            DataSet set = split.seen();
            Optional<WordVectors> vectors = labelVectors(recipe, split);
            NetworkShape plain = shape(recipe, set, backbone);
            NetworkShape shape =
                    vectors.map(words -> plain.withEmbeddingSize(words.size())).orElse(plain);
            Map<String, Tensor> state = state(shape, recipe, backbone.state(), building);
            vectors.ifPresent(words ->
                    StateDict.setEmbeddings(state, words.scaled(0, set.classes().size())));
            return new InitialNetwork(
                    backbone,
                    shape,
                    state,
                    vectors.orElse(null),
                    vectors.flatMap(words -> unseen(words, split)).orElse(null),
                    statistics(recipe, backbone::statistics),
                    building.handOver());
        }
    }

    /**
     * The network in a checkpoint.
     *
     * @throws dynafilter.io.InputException where the backbone's program is not beside the checkpoint
     */
    static InitialNetwork of(Origin.Resumed origin, Recipe recipe, DataSet set, ComputeDevice device) {
        try (NativeOwner building = new NativeOwner()) {
            Checkpoint checkpoint = origin.checkpoint();
            PretrainedBackbone backbone =
                    building.keep(PretrainedBackbone.of(checkpoint, origin.checkpointFile(), device));
            NetworkShape shape = shape(recipe, set, backbone).withEmbeddingOf(checkpoint.model());
            StateDict.requireUsable(checkpoint.model(), "--resume " + origin.checkpointFile());
            Map<String, Tensor> state = state(shape, recipe, checkpoint.model(), building);
            UnseenLabels unseen =
                    UnseenLabels.of(checkpoint, origin.checkpointFile()).orElse(null);
            return new InitialNetwork(
                    backbone,
                    shape,
                    state,
                    null,
                    unseen,
                    checkpoint.statistics(origin.checkpointFile()),
                    building.handOver());
        }
    }

    /**
     * The network in a file of weights.
     *
     * @throws InputException where it is not of the recipe's shape, or knows other classes than the data set
     */
    static InitialNetwork of(Origin.Weights origin, Recipe recipe, LabelSplit split, ComputeDevice device) {
        TrainedNetwork trained = origin.network();
        DataSet set = split.seen();
        if (trained.hasNames() && !trained.classes().equals(set.classes())) {
            throw new InputException("--resume " + trained.file() + " knows the classes "
                    + ClassNames.shown(trained.classes()) + ", the data set has " + ClassNames.shown(set.classes())
                    + "; give the --data it was trained on");
        }
        try (NativeOwner building = new NativeOwner()) {
            PretrainedBackbone backbone = building.keep(PretrainedBackbone.of(trained, device));
            NetworkShape shape = shape(recipe, set, backbone).withEmbeddingOf(trained.state());
            DynamicFilterNetwork.check(shape, trained.state());
            Map<String, Tensor> state = state(shape, recipe, trained.state(), building);
            UnseenLabels unseen = unseenBeside(shape, recipe, split).orElse(null);
            return new InitialNetwork(
                    backbone, shape, state, null, unseen, statistics(recipe, trained::statistics), building.handOver());
        } catch (InputException other) {
            throw new InputException("--resume " + trained.file() + ": " + other.getMessage(), other);
        }
    }

    /**
     * The statistics that the recipe chooses; null: those of the training images.
     *
     * @param usual those that are used where it leaves the choice
     */
    private static @Nullable ChannelStatistics statistics(Recipe recipe, Supplier<ChannelStatistics> usual) {
        String chosen = recipe.network().normalize();
        return Normalize.DATA.equals(chosen)
                ? null
                : Normalize.statistics(chosen).orElseGet(usual);
    }

    /** The word vectors of the labels to train on, and behind them of those that are held out. */
    private static Optional<WordVectors> labelVectors(Recipe recipe, LabelSplit split) {
        List<String> names = new ArrayList<>(split.seen().classes());
        names.addAll(split.heldOut());
        return recipe.network().labelVectors().isEmpty()
                ? Optional.empty()
                : Optional.of(WordVectors.read(recipe.network().labelVectors(), names));
    }

    private static Optional<UnseenLabels> unseen(WordVectors words, LabelSplit split) {
        if (split.heldOut().isEmpty()) {
            return Optional.empty();
        }
        try (Tensor rows =
                words.scaled(split.seen().classes().size(), words.names().size())) {
            return Optional.of(UnseenLabels.of(split.heldOut(), rows));
        }
    }

    /** The held-out labels for weights that came without theirs, whose word vectors are read again. */
    private static Optional<UnseenLabels> unseenBeside(NetworkShape shape, Recipe recipe, LabelSplit split) {
        if (split.heldOut().isEmpty()) {
            return Optional.empty();
        }
        WordVectors words = WordVectors.read(recipe.network().labelVectors(), split.heldOut());
        words.requireSize(shape.embeddingSize(), recipe.network().labelVectors());
        try (Tensor rows = words.scaled()) {
            return Optional.of(UnseenLabels.of(split.heldOut(), rows));
        }
    }

    private static NetworkShape shape(Recipe recipe, DataSet set, PretrainedBackbone backbone) {
        return NetworkShape.of(
                backbone.architecture(),
                recipe.network().design(),
                set.classes().size(),
                recipe.network().adapter(),
                recipe.images().imageSize());
    }

    /** @param known the tensors that do not start at random; the result shares their storage, and is closed on its own */
    private static Map<String, Tensor> state(
            NetworkShape shape, Recipe recipe, Map<String, Tensor> known, NativeOwner building) {
        Map<String, Tensor> state = StateDict.random(shape, recipe.computation().seed(), known);
        building.keep(() -> state.values().forEach(Pointer::close)); // they are retained already
        return state;
    }

    /** The statistics of pixels by which images are normalised; empty where they are those of the training images. */
    Optional<ChannelStatistics> statistics() {
        return Optional.ofNullable(statistics);
    }

    PretrainedBackbone backbone() {
        return backbone;
    }

    NetworkShape shape() {
        return shape;
    }

    /** The tensors of the network by name. */
    Map<String, Tensor> state() {
        return state;
    }

    /** The word vectors that the labels' embeddings start from; empty where they start from none. */
    Optional<WordVectors> vectors() {
        return Optional.ofNullable(vectors);
    }

    /** The labels that the run holds out; empty where it holds out none. */
    Optional<UnseenLabels> unseen() {
        return Optional.ofNullable(unseen);
    }

    @Override
    public void close() {
        owner.close();
    }
}
