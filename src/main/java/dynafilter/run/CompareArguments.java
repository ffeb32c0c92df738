package dynafilter.run;

import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import dynafilter.io.ShellWord;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.Recipes;
import dynafilter.runfolder.RunConfig;
import dynafilter.runfolder.RunDirectory;
import dynafilter.study.Comparison;
import dynafilter.study.ComparisonDocument;
import dynafilter.study.Plan;
import dynafilter.study.Variant;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.LongStream;

/**
 * The arguments of {@code compare}.
 *
 * @param out the comparison's folder; null for a new one
 * @param overwrite true: an older comparison in {@code out} goes; false: the folder is refused
 * @param resume the folder of the comparison that goes on; null for a new one
 * @param config the config.json whose recipe is taken; null for none
 * @param given settings of the recipe, by name: they win
 * @param variants a list of variants; null where none is given
 * @param seeds null where none are given
 * @param reach accuracies whose first epoch is told; null where none are given
 * @param settings how the runs are executed
 * @param progress how they are shown
 */
public record CompareArguments(
        Path out,
        boolean overwrite,
        Path resume,
        Path config,
        Map<String, Object> given,
        String variants,
        Seeds seeds,
        List<Double> reach,
        RunSettings settings,
        Terminal.Style progress,
        DeviceRequest device) {
    /** The variants that are compared where none are named. */
    public static final String VARIANTS = "dynamic,static,single";

    /** The accuracies whose first epoch is told where none are named. */
    public static final List<Double> REACH = List.of(0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9);

    /** How many seeds where none are named. */
    public static final int SEEDS = 3;

    /**
     * The seeds that are asked for.
     *
     * @param count how many from the recipe's on, where none is named
     * @param named which; empty for a count
     */
    public record Seeds(int count, List<Long> named) {
        List<Long> from(long first) {
            return named.isEmpty()
                    ? LongStream.range(first, first + count).boxed().toList()
                    : named;
        }
    }

    /** The folder whose comparison is made or goes on; null for a new one. */
    public Path folderInUse() {
        return resume != null ? resume : out;
    }

    /**
     * The plan of the comparison: all of it given or by default, or that of the comparison that goes on, with what is given
     * in place of its own.
     *
     * @throws InputException where something given makes no sense, or the comparison to go on with cannot be read
     */
    public Plan plan() {
        if (resume != null && (config != null || overwrite || out != null)) {
            throw new InputException(
                    "--resume continues a comparison in its folder: it goes with neither --out, --overwrite nor"
                            + " --config");
        }
        if (resume != null) {
            Plan before = Plan.of(
                    JsonFile.read(comparisonIn(resume), ComparisonDocument.class),
                    Comparison.file(resume).toString());
            Recipe recipe = Recipes.with(before.recipe(), given, true);
            return new Plan(
                    recipe,
                    variants == null ? before.variants() : Variant.listOf(variants),
                    seeds == null
                            ? before.seeds()
                            : seeds.from(recipe.computation().seed()),
                    reach == null ? before.thresholds() : reach);
        }
        Recipe recipe = Recipes.with(config != null ? RunConfig.recipe(config) : Recipe.DEFAULT, given, true);
        return new Plan(
                recipe,
                Variant.listOf(variants == null ? VARIANTS : variants),
                (seeds == null ? new Seeds(SEEDS, List.of()) : seeds)
                        .from(recipe.computation().seed()),
                reach == null ? REACH : reach);
    }

    private static Path comparisonIn(Path folder) {
        Path file = Comparison.file(folder);
        if (!Files.isRegularFile(file)) {
            throw new InputException("--resume " + folder + ": there is no " + file
                    + "; give the folder of a comparison, or start one with --out");
        }
        return file;
    }

    /**
     * The folder of the comparison, which is made where none is named.
     *
     * @throws InputException where the one that is named is another's
     */
    public Path folder() {
        if (resume != null) {
            return resume;
        }
        if (out == null) {
            return RunFolder.create("compare").path();
        }
        RunDirectory directory = new RunDirectory(out);
        directory.requireFolder();
        directory.requireUnused();
        if (Files.exists(Comparison.file(out)) && !overwrite) {
            throw new InputException("--out " + out + " holds a comparison; continue it with --resume "
                    + ShellWord.of(out) + ", replace it with --overwrite, or name another folder");
        }
        return out;
    }

    /** The CPU threads of the comparison that goes on, or of the config.json: another number would round differently. */
    public OptionalInt threadsBefore() {
        Path before = resume != null ? Comparison.file(resume) : config;
        return before == null ? OptionalInt.empty() : RunConfig.threads(before);
    }
}
