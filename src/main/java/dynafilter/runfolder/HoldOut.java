package dynafilter.runfolder;

import dynafilter.io.InputException;
import java.util.Arrays;
import java.util.List;

/** The labels that a recipe holds out of training, as they are written, and the rules for them. */
final class HoldOut {
    private HoldOut() {}

    /**
     * The names in a list with commas between; none for an empty text.
     *
     * @throws InputException where a name is empty
     */
    static List<String> names(String list) {
        if (list.isEmpty()) {
            return List.of();
        }
        List<String> names =
                Arrays.stream(list.split(",", -1)).map(String::strip).distinct().toList();
        if (names.contains("")) {
            throw new InputException("--hold-out " + list + ": a name is empty; give labels with commas between");
        }
        return names;
    }

    /**
     * Sees that filters can be made of labels that no image was seen of: of their word vectors, which training left as they were.
     *
     * @throws InputException where they cannot
     */
    static void require(Recipe.Selection selection, Network network) {
        String list = selection.holdOut();
        if (names(list).isEmpty()) {
            return;
        }
        if (!network.filters().hasEmbeddings()) {
            throw new InputException("--hold-out " + list + ": only filters that are made of labels, such as --filters"
                    + " dynamic, can be made of one that was never seen, not " + network.filters());
        }
        if (network.labelVectors().isEmpty() || !network.freezeLabels()) {
            throw new InputException("--hold-out " + list + ": filters of labels that were never seen are made of their"
                    + " word vectors; add --label-vectors FILE and --freeze-labels");
        }
    }
}
