package dynafilter.run;

import dynafilter.checkpoint.BackboneSource;
import dynafilter.checkpoint.Checkpoint;
import dynafilter.checkpoint.PretrainedBackbone;
import dynafilter.data.DataSet;
import dynafilter.data.words.WordVectors;
import dynafilter.io.ProgressListener;
import dynafilter.model.NetworkShape;
import dynafilter.model.StateDict;
import dynafilter.runfolder.Recipe;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import dynafilter.train.AdapterCalibration;
import dynafilter.train.TrainingData;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** The network that a run begins or goes on with; it owns its tensors and its backbone. */
final class InitialNetwork implements AutoCloseable {
    private final PretrainedBackbone backbone;
    private final NetworkShape shape;
    private final Map<String, Tensor> state;
    private final @Nullable WordVectors vectors; // null: the labels' embeddings start from none
    private final NativeOwner owner;

    private InitialNetwork(
            PretrainedBackbone backbone,
            NetworkShape shape,
            Map<String, Tensor> state,
            @Nullable WordVectors vectors,
            NativeOwner owner) {
        this.backbone = backbone;
        this.shape = shape;
        this.state = state;
        this.vectors = vectors;
        this.owner = owner;
    }

    /**
     * The network of a new run: the backbone from its source, all other tensors at random or from word vectors.
     *
     * @param ranks the ranks; the first downloads a backbone that is not here yet
     * @param download takes the progress of the download
     * @throws dynafilter.io.InputException where the backbone or the word vectors cannot be used
     */
    static InitialNetwork fresh(
            Recipe recipe,
            DataSet set,
            TrainingData data,
            ComputeDevice device,
            RankAgreement ranks,
            ProgressListener download) {
        try (NativeOwner building = new NativeOwner()) {
            PretrainedBackbone backbone = building.keep(ranks.inTurn(() -> new BackboneSource()
                    .load(
                            recipe.network().backbone(),
                            recipe.network().cut(),
                            recipe.images().imageSize(),
                            device,
                            download)));
            Optional<WordVectors> vectors = labelVectors(recipe, set);
            NetworkShape plain = shape(recipe, set, backbone);
            NetworkShape shape =
                    vectors.map(words -> plain.withEmbeddingSize(words.size())).orElse(plain);
            Map<String, Tensor> state = state(shape, recipe, backbone.state(), building);
            vectors.ifPresent(words -> StateDict.setEmbeddings(state, words.scaled()));
            if (recipe.network().adapter()) {
                AdapterCalibration.apply(shape, state, data.training(), device);
            }
            return new InitialNetwork(backbone, shape, state, vectors.orElse(null), building.handOver());
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
            Map<String, Tensor> state = state(shape, recipe, checkpoint.model(), building);
            return new InitialNetwork(backbone, shape, state, null, building.handOver());
        }
    }

    private static Optional<WordVectors> labelVectors(Recipe recipe, DataSet set) {
        return recipe.network().labelVectors().isEmpty()
                ? Optional.empty()
                : Optional.of(WordVectors.read(recipe.network().labelVectors(), set.classes()));
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

    @Override
    public void close() {
        owner.close();
    }
}
