package dynafilter.study;

import dynafilter.io.InputException;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.Recipes;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a comparison trains: every variant with every seed.
 *
 * @param recipe what all runs share
 * @param variants the first is the baseline that the others are compared with
 * @param seeds of initial weights, order and augmentation: runs of one seed are paired
 * @param thresholds accuracies, in (0, 1), whose first epoch is told
 */
public record Plan(Recipe recipe, List<Variant> variants, List<Long> seeds, List<Double> thresholds) {
    /** @throws InputException where there is nothing to train, or a seed or threshold makes no sense */
    public Plan {
        variants = List.copyOf(variants);
        seeds = List.copyOf(seeds);
        thresholds = thresholds.stream().sorted().distinct().toList();
        if (variants.isEmpty()) {
            throw new InputException("--variants is empty; name one at least, such as dynamic");
        }
        if (seeds.isEmpty() || new HashSet<>(seeds).size() != seeds.size()) {
            throw new InputException("--seeds " + seeds + ": give each seed once, and one at least");
        }
        for (double threshold : thresholds) {
            if (!(threshold > 0 && threshold < 1)) {
                throw new InputException("--reach " + threshold + ": an accuracy lies between 0 and 1");
            }
        }
    }

    /**
     * The plan of a comparison that was begun.
     *
     * @param source for messages: where the document came from
     * @throws InputException where it tells no plan
     */
    public static Plan of(ComparisonDocument document, String source) {
        if (!ComparisonDocument.FORMAT.equals(document.format())
                || document.recipe() == null
                || Stream.of(document.variants(), document.seeds(), document.thresholds())
                        .anyMatch(list -> list == null || list.stream().anyMatch(Objects::isNull))) {
            throw new InputException(source + " is no comparison.json of format " + ComparisonDocument.FORMAT
                    + "; give the folder of a comparison");
        }
        try {
            return new Plan(
                    Recipes.with(Recipe.DEFAULT, document.recipe(), true),
                    Variant.listOf(document.variants().stream()
                            .map(variant -> String.valueOf(variant.name()))
                            .collect(Collectors.joining(","))),
                    document.seeds(),
                    document.thresholds());
        } catch (InputException wrong) {
            throw new InputException(source + ": " + wrong.getMessage(), wrong);
        }
    }

    /**
     * A run of the comparison.
     *
     * @param folder its name among the runs
     */
    public record Run(Variant variant, long seed, Recipe recipe, String folder) {}

    /** All runs, seed by seed: a comparison that is not finished has whole pairs. */
    public List<Run> runs() {
        return seeds.stream()
                .flatMap(seed -> variants.stream().map(variant -> run(variant, seed)))
                .toList();
    }

    private Run run(Variant variant, long seed) {
        Recipe own = Recipes.with(variant.applyTo(recipe), Map.of("seed", seed), true);
        return new Run(variant, seed, own, variant.folder() + "-seed" + seed);
    }
}
