package dynafilter.data;

import dynafilter.io.InputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A data set parted by labels: those to train on, and those that are held out. It owns both parts and closes them.
 *
 * @param seen the images of the labels to train on, numbered anew; its hash is of these alone
 * @param unseen images of the held-out labels to test on, numbered for themselves; null: no label is held out
 */
public record LabelSplit(DataSet seen, @Nullable ImageSet unseen) implements AutoCloseable {
    private static final int FEWEST = 2;

    /**
     * Parts a data set, which is closed where labels are held out. Of their images those to test on are kept: the test images,
     * else the validation images, else all.
     *
     * @param names the labels to hold out, whatever their case; none: the set stays whole
     * @throws InputException where the set has no such label, or no image of them to test on, or too few labels are left
     */
    public static LabelSplit of(DataSet set, List<String> names) {
        if (names.isEmpty()) {
            return new LabelSplit(set, null);
        }
        try (set) {
            String option = "--hold-out " + String.join(",", names);
            List<String> wanted =
                    names.stream().map(name -> found(name, set, option)).toList();
            List<String> heldOut =
                    set.classes().stream().filter(wanted::contains).toList();
            List<String> left = new ArrayList<>(set.classes());
            left.removeAll(heldOut);
            if (left.size() < FEWEST) {
                throw new InputException(option + " leaves " + left.size() + " of the "
                        + set.classes().size() + " labels of " + set.name()
                        + " to train on; hold out fewer, so that two are left at least");
            }
            ImageSet tested =
                    set.test() != null ? set.test() : set.validation() != null ? set.validation() : set.train();
            ImageSet unseen = tested.ofClasses(heldOut);
            if (unseen.size() == 0) {
                unseen.close();
                throw new InputException(
                        option + ": " + tested.name() + " has no images of these labels to test on; hold out others");
            }
            return new LabelSplit(set.ofClasses(left), unseen);
        }
    }

    private static String found(String name, DataSet set, String option) {
        Optional<String> found = set.classes().stream()
                .filter(label -> ClassNames.key(label).equals(ClassNames.key(name)))
                .findFirst();
        return found.orElseThrow(() -> new InputException(option + ": " + set.name() + " has no label " + name
                + ", only " + ClassNames.shown(set.classes()) + "; hold out some of these"));
    }

    /** The names of the held-out labels, in the data set's order; mostly none. */
    public List<String> heldOut() {
        return unseen == null ? List.of() : unseen.classes();
    }

    @Override
    public void close() {
        seen.close();
        if (unseen != null) {
            unseen.close();
        }
    }
}
