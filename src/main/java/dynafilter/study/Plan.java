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
 * The plan of a comparison: every variant is trained with every seed.
 *
 * @param recipe the settings that all runs share
 * @param variants the first is the baseline that the others are compared with
 * @param seeds of initial weights, order and augmentation: runs of one seed are paired
 * @param thresholds accuracies in (0, 1): for each run the first epoch that reaches one is reported
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
     * @param source the origin of the document, for messages
     * @throws InputException where the document has no plan, or one that makes no sense
     */
    public static Plan of(ComparisonDocument document, String source) {
        Map<String, Object> recipe = document.recipe();
        List<ComparisonDocument.VariantResult> variants = document.variants();
        List<Long> seeds = document.seeds();
        List<Double> thresholds = document.thresholds();
        if (!ComparisonDocument.FORMAT.equals(document.format())
                || recipe == null
                || variants == null
                || seeds == null
                || thresholds == null
                || Stream.of(variants, seeds, thresholds)
                        .anyMatch(list -> list.stream().anyMatch(Objects::isNull))) {
            throw new InputException(source + " is no comparison.json of format " + ComparisonDocument.FORMAT
                    + "; give the folder of a comparison");
        }
        try {
            return new Plan(
                    Recipes.stored(recipe, true),
                    Variant.listOf(variants.stream()
                            .map(variant -> String.valueOf(variant.name()))
                            .collect(Collectors.joining(","))),
                    seeds,
                    thresholds);
        } catch (InputException wrong) {
            throw new InputException(source + ": " + wrong.getMessage(), wrong);
        }
    }

    /**
     * A run of the comparison.
     *
     * @param folder the name of its folder among those of the runs
     */
    public record Run(Variant variant, long seed, Recipe recipe, String folder) {}

    /** The runs, seed by seed, so that a comparison that is not finished has whole pairs. */
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
