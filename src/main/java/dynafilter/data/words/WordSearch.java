package dynafilter.data.words;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The search for the vectors of names, and of the words in names, in a stream of words. */
final class WordSearch {
    private static final Pattern SEPARATORS = Pattern.compile("[ \\t_-]+");

    /** A word that is looked for, and the best match so far. */
    private static final class Wanted {
        private final String spelling;
        private boolean exact;
        private float @Nullable [] vector; // null before a match

        Wanted(String spelling) {
            this.spelling = spelling;
        }
    }

    private final Map<String, Wanted> wanted = new HashMap<>();
    private boolean sawWords;

    WordSearch(List<String> names) {
        for (String name : names) {
            wanted.putIfAbsent(key(name), new Wanted(name));
            for (String word : words(name)) {
                wanted.putIfAbsent(key(word), new Wanted(word));
            }
        }
    }

    /**
     * Takes the vector of a word that is looked for; a blank word never is.
     *
     * @param vector gives the vector; called only where it is taken
     */
    void offer(String word, Supplier<float[]> vector) {
        sawWords = true;
        Wanted match = wanted.get(key(word));
        if (match == null || word.isBlank()) {
            return;
        }
        boolean exact = word.equals(match.spelling);
        if (match.vector == null || (exact && !match.exact)) {
            match.vector = vector.get();
            match.exact = exact;
        }
    }

    /** True: at least one word was offered; false: none was. */
    boolean sawWords() {
        return sawWords;
    }

    /**
     * The vector of a name, else the mean of its words' vectors; empty where neither the name nor all of its words were found.
     */
    Optional<float[]> vector(String name) {
        float[] whole = found(name);
        if (whole != null) {
            return Optional.of(whole);
        }
        List<float[]> parts = new ArrayList<>();
        for (String word : words(name)) {
            float[] part = found(word);
            if (part == null) {
                return Optional.empty();
            }
            parts.add(part);
        }
        return parts.isEmpty() ? Optional.empty() : Optional.of(mean(parts));
    }

    private float @Nullable [] found(String name) {
        return Objects.requireNonNull(wanted.get(key(name)), "names and their words are looked for").vector;
    }

    private static List<String> words(String name) {
        return SEPARATORS.splitAsStream(name).filter(word -> !word.isEmpty()).toList();
    }

    private static float[] mean(List<float[]> vectors) {
        float[] mean = new float[vectors.get(0).length];
        for (int i = 0; i < mean.length; i++) {
            double sum = 0;
            for (float[] vector : vectors) {
                sum += vector[i];
            }
            mean[i] = (float) (sum / vectors.size());
        }
        return mean;
    }

    private static String key(String word) {
        return SEPARATORS.matcher(word).replaceAll(" ").strip().toLowerCase(Locale.ROOT);
    }
}
