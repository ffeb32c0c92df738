package dynafilter.study;

import dynafilter.io.InputException;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.Recipes;
import dynafilter.runfolder.Setting.Trait;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A variant of a comparison: the common recipe with some settings changed.
 *
 * @param name as the user wrote it, such as {@code dynamic:frozen:adapter}
 * @param changes the changed settings, by name
 */
public record Variant(String name, Map<String, Object> changes) {
    /** The words that can follow the filters, and the settings that they stand for. */
    private static final Map<String, Map<String, Object>> WORDS = Map.of(
            "frozen", Map.of("freeze", "all"),
            "frozen-but-bn", Map.of("freeze", "all-but-bn"),
            "adapter", Map.of("adapter", true));

    private static final String HOW =
            "write the filters (dynamic, static, single, conditional, basis or local), then, each behind a colon,"
                    + " frozen, frozen-but-bn, adapter or OPTION=VALUE of `train`, such as dynamic:frozen:lr=0.1 or static:filter-heads=4";

    /**
     * The variants of a list, such as {@code dynamic,static,dynamic:frozen}.
     *
     * @throws InputException where one makes no sense, is there twice or changes a setting that all have to share
     */
    public static List<Variant> listOf(String list) {
        List<Variant> variants =
                Arrays.stream(list.split(",", -1)).map(text -> of(text.strip())).toList();
        List<String> folders = variants.stream().map(Variant::folder).toList();
        variants.stream()
                .filter(variant -> Collections.frequency(folders, variant.folder()) > 1)
                .findFirst()
                .ifPresent(twice -> {
                    throw new InputException("--variants " + list + " has " + twice.name + " twice; once is enough");
                });
        return variants;
    }

    static Variant of(String text) {
        String[] words = text.split(":", -1);
        Map<String, Object> changes = new LinkedHashMap<>();
        changes.put("filters", words[0]);
        for (String word : List.of(words).subList(1, words.length)) {
            changes.putAll(changes(word, text));
        }
        try {
            Recipes.with(Recipe.DEFAULT, changes, true);
        } catch (InputException wrong) {
            throw new InputException("--variants: '" + text + "': " + wrong.getMessage() + "; " + HOW, wrong);
        }
        return new Variant(text, changes);
    }

    private static Map<String, Object> changes(String word, String variant) {
        if (WORDS.containsKey(word)) {
            return WORDS.get(word);
        }
        int equals = word.indexOf('=');
        if (equals <= 0) {
            throw new InputException("--variants: '" + word + "' in '" + variant + "' is unknown; " + HOW);
        }
        String key = word.substring(0, equals).replace('-', '_');
        if (Recipes.keys(Trait.SHARED).contains(key)) {
            throw new InputException("--variants: '" + word + "' in '" + variant + "': all variants share "
                    + key.replace('_', '-') + "; give it as an option, --" + key.replace('_', '-') + ", or leave it");
        }
        return Map.of(key, word.substring(equals + 1));
    }

    /** The common recipe with this variant's changes. */
    public Recipe applyTo(Recipe common) {
        return Recipes.with(common, changes, true);
    }

    /** The beginning of the names of the folders of its runs. */
    String folder() {
        return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9.=_-]", "-");
    }
}
