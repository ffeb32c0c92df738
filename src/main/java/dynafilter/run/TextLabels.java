package dynafilter.run;

import dynafilter.checkpoint.Checkpoint;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.words.WordVectors;
import dynafilter.io.InputException;
import dynafilter.model.NetworkShape;
import dynafilter.model.StateDict;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/** The rules for a label that is made of its word alone. */
final class TextLabels {
    /** As far as half precision rounds an embedding of mean square one; other vectors differ by about one. */
    private static final double ROUNDING = 0.05;

    private TextLabels() {}

    /**
     * The word vectors of a new label and, behind it, of those of the network's labels that the file has.
     *
     * @throws InputException where the network's labels are no word vectors, or those of another file
     */
    static WordVectors read(TrainedNetwork trained, ExtensionPlan plan) {
        Map<?, ?> recipe = trained.training().get("recipe") instanceof Map<?, ?> told ? told : Map.of();
        boolean ofWords = recipe.get("label_vectors") instanceof String file && !file.isEmpty();
        if (!ofWords || !Boolean.TRUE.equals(recipe.get("freeze_labels"))) {
            throw new InputException(plan.model()
                    + " was not trained with --label-vectors and --freeze-labels: its labels"
                    + " are " + (ofWords ? "no longer" : "no") + " word vectors, so that the word " + plan.label()
                    + " alone says nothing to it; give --images of it, too, or train with both options");
        }
        String file = Objects.requireNonNull(plan.labelVectors(), "a label without images has a word");
        WordVectors words = WordVectors.read(file, List.of(plan.label()), trained.classes());
        words.requireSize(trained.network().shape().embeddingSize(), file);
        requireSame(trained, words, file);
        return words;
    }

    /** Compares the vectors of the labels that the network was trained on with its own. */
    private static void requireSame(TrainedNetwork trained, WordVectors words, String file) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor embedding =
                    StateDict.tensor(trained.state(), NetworkShape.EMBEDDING).cpu(); // [K, E]
            Set<String> added = added(trained);
            for (int i = 1; i < words.names().size(); i++) {
                String label = words.names().get(i);
                Tensor own = embedding.narrow(0, trained.classes().indexOf(label), 1);
                double difference = own.sub(words.scaled(i, i + 1)).abs().max().item_double();
                if (!added.contains(label) && difference > ROUNDING) {
                    throw new InputException("--label-vectors " + file + " has another vector for " + label + " than "
                            + trained.file() + " was trained with; give the file that its labels started from");
                }
            }
        }
    }

    /** The labels that were added after training, of which some were learned from images. */
    private static Set<String> added(TrainedNetwork trained) {
        return trained.training().get(Checkpoint.EXTENDED) instanceof List<?> notes
                ? notes.stream()
                        .map(note -> note instanceof Map<?, ?> told ? String.valueOf(told.get("label")) : "")
                        .collect(Collectors.toSet())
                : Set.of();
    }
}
