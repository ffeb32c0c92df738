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
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of {@code compare}.
 *
 * @param out the comparison's folder; null: a new one
 * @param overwrite true: an older comparison in {@code out} goes; false: the folder is refused
 * @param resume the folder of the comparison that goes on; null: a new comparison begins
 * @param config the config.json whose recipe is taken; null: none
 * @param given settings of the recipe, by name, which win over those of a config.json or of the comparison that goes on
 * @param variants the list of variants; null: none is given
 * @param seeds null: none are given
 * @param reach accuracies: for each run the first epoch that reaches one is reported; null: none are given
 * @param settings of the execution of the runs
 * @param progress the style of the progress display
 */
public record CompareArguments(
        @Nullable Path out,
        boolean overwrite,
        @Nullable Path resume,
        @Nullable Path config,
        Map<String, Object> given,
        @Nullable String variants,
        @Nullable Seeds seeds,
        @Nullable List<Double> reach,
        RunSettings settings,
        Terminal.Style progress,
        DeviceRequest device) {
    /** The variants that are compared where none are named. */
    public static final String VARIANTS = "dynamic,static,single";

    /** The accuracies to reach where none are named. */
    public static final List<Double> REACH = List.of(0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9);

    /** The number of seeds where none are named. */
    public static final int SEEDS = 3;

    /**
     * The seeds that are asked for.
     *
     * @param count the number of seeds from the recipe's on, where none is named
     * @param named the seeds themselves; empty: a count is given
     */
    public record Seeds(int count, List<Long> named) {
        List<Long> from(long first) {
            return named.isEmpty()
                    ? LongStream.range(first, first + count).boxed().toList()
                    : named;
        }
    }

    /** The folder of the comparison that is named, to be made or to go on; null: a new folder. */
    public @Nullable Path folderInUse() {
        return resume != null ? resume : out;
    }

    /**
     * The plan of the comparison. A new one takes the defaults where nothing is given; one that goes on keeps its own plan but for
     * the parts that are given.
     *
     * @throws InputException where an argument makes no sense, or the comparison to go on with cannot be read
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
     * @throws InputException where the folder that is named holds a run, or a comparison that is not to be replaced
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
        if (Files.exists(Comparison.file(out))) { // beside which there may be its report
            if (!overwrite) {
                throw new InputException("--out " + out + " holds a comparison; continue it with --resume "
                        + ShellWord.of(out) + ", replace it with --overwrite, or name another folder");
            }
        } else if (directory.isUsed()) {
            throw new InputException("--out " + out + " holds a run, which is not replaced; name another folder");
        }
        return out;
    }

    /**
     * The number of CPU threads of the comparison that goes on, or of the config.json, with which alone results are
     * the same to the bit. Before the first run is finished, that run's config.json tells it.
     */
    public @Nullable Integer threadsBefore(Plan plan) {
        Stream<Path> before = resume == null
                ? Stream.ofNullable(config)
                : Stream.concat(
                        Stream.of(Comparison.file(resume)),
                        plan.runs().stream()
                                .map(run -> Comparison.directory(resume, run).config()));
        return before.flatMap(file -> RunConfig.threads(file).stream())
                .findFirst()
                .orElse(null);
    }
}
