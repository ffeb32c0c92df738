package dynafilter.data.folder;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The name of a folder that names a split of a data set, as "Training", "test_images" and "seg_train" do.
 *
 * @param role one of the roles of {@link ImageFolder}
 * @param rest the other words of the name, such as "seg": splits of one data set have the same
 */
record SplitName(String role, String rest) {
    private static final Map<String, List<String>> WORDS = Map.of(
            ImageFolder.TRAIN, List.of("train", "training", "trainval"),
            ImageFolder.VALIDATION, List.of("val", "valid", "validation", "dev", "eval", "evaluation"),
            ImageFolder.TEST, List.of("test", "testing"));

    /** Words that say no more than that there are images. */
    private static final Set<String> FILLERS = Set.of(
            "set",
            "sets",
            "data",
            "dataset",
            "split",
            "folder",
            "images",
            "image",
            "imgs",
            "img",
            "pictures",
            "photos");

    private static final Pattern COMPOUND = Pattern.compile("(.+?)(set|data|images|imgs)?");

    /** Reads a name; empty where it names no split, or two. */
    static Optional<SplitName> of(String name) {
        List<String> words = words(name);
        List<String> roles = words.stream().flatMap(word -> role(word).stream()).toList();
        if (roles.size() != 1) {
            return Optional.empty();
        }
        String rest = words.stream()
                .filter(word -> role(word).isEmpty() && !FILLERS.contains(word))
                .collect(Collectors.joining(" "));
        return Optional.of(new SplitName(roles.get(0), rest));
    }

    /** True: a name says no more than that there are images, of whatever split; false: it says something else. */
    static boolean saysNothing(String name) {
        return words(name).stream()
                .allMatch(word ->
                        role(word).isPresent() || FILLERS.contains(word) || word.matches("unknown|unlabell?ed"));
    }

    /** The words of a name in lower case: "TrainingSet2017" is "training" and "set". */
    private static List<String> words(String name) {
        String apart = name.replaceAll("(?<=\\p{Ll})(?=\\p{Lu})", " ").toLowerCase(Locale.ROOT);
        return Arrays.stream(apart.split("[^\\p{L}]+"))
                .filter(word -> !word.isEmpty())
                .toList();
    }

    private static Optional<String> role(String word) {
        Matcher compound = COMPOUND.matcher(word);
        return WORDS.entrySet().stream()
                .filter(entry -> compound.matches() && entry.getValue().contains(compound.group(1)))
                .map(Map.Entry::getKey)
                .findFirst();
    }
}
