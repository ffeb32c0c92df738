package dynafilter.cli;

import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import dynafilter.io.ShellWord;
import dynafilter.runfolder.FolderLock;
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
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** {@code compare}: trains several variants under one recipe and several seeds, and says how they differ. */
final class CompareCommand implements Command {
    static final String NAME = "compare";
    private static final String VARIANTS = "dynamic,static,single";
    private static final String REACH = "0.5,0.6,0.7,0.75,0.8,0.85,0.9";
    private static final int MOST_SEEDS = 1000;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String summary() {
        return "train variants under one recipe with several seeds; writes comparison.json, comparison.csv, curves.csv";
    }

    @Override
    public Options options() {
        Options options = new Options()
                .addOption(CommonOptions.valued(
                        "variants",
                        "LIST",
                        "filters, each with further words behind colons: frozen, frozen-but-bn, adapter, or any"
                                + " OPTION=VALUE below; the first is what the others are compared with [" + VARIANTS
                                + "]"))
                .addOption(CommonOptions.valued("seeds", "N|LIST", "how many seeds from --seed on, or which [3]"))
                .addOption(CommonOptions.valued(
                        "reach", "LIST", "tell the first epoch with these accuracies [" + REACH + "]"))
                .addOption(
                        CommonOptions.valued("out", "DIR", "the comparison's folder [checkpoints/compare-TIMESTAMP]"))
                .addOption(CommonOptions.valued(
                        "resume", "DIR", "go on with a comparison; with --variants or --seeds it can grow"))
                .addOption(CommonOptions.flag("overwrite", "replace the comparison in --out"));
        RecipeOptions.addTo(options, "filters", "max-steps", "max-minutes");
        options.addOption(CommonOptions.valued("config", "FILE", "take the recipe of a config.json; other options win"))
                .addOption(CommonOptions.valued("progress", "STYLE", "auto, bar, plain or none [auto]"))
                .addOption(DataOption.dataMemory())
                .addOption(CommonOptions.cudaGraphOption())
                .addOption(CommonOptions.flag("tensorboard", "write TensorBoard's event files into the runs' folders"))
                .addOption(CommonOptions.json("write comparison.json there, too"));
        return CommonOptions.addCompute(options);
    }

    @Override
    public List<String> examples() {
        return List.of(
                "compare --data sample --backbone random --epochs 3 --seeds 3",
                "compare --variants dynamic,static,single --seeds 3 --out checkpoints/filters",
                "compare --variants dynamic,dynamic:frozen,dynamic:frozen-but-bn,dynamic:frozen:adapter",
                "compare --variants dynamic,dynamic:lr=0.1,dynamic:lr=1 --epochs 6",
                "compare --resume checkpoints/filters --seeds 5");
    }

    @Override
    public int run(CommandLine line, Interruption interruption) {
        CommonOptions.refuseArguments(line, name());
        RankedRun.requireAlone(name());
        Terminal terminal = Terminal.of(line.getOptionValue("progress", "auto"));
        TrainingRun.Settings settings = TrainingRun.Settings.of(line);
        Path resumed = CommonOptions.path(line, "resume");
        try (FolderLock lock = FolderLocks.of(NAME)) {
            lock.ownWhereThere(resumed != null ? resumed : CommonOptions.path(line, "out"), FolderLocks.ANOTHER_FOLDER);
            return run(line, resumed, lock, settings, terminal, interruption);
        }
    }

    private static int run(
            CommandLine line,
            Path resumed,
            FolderLock lock,
            TrainingRun.Settings settings,
            Terminal terminal,
            Interruption interruption) {
        Plan plan = plan(line, resumed);
        Path folder = resumed != null ? resumed : folder(line);
        String command = "dynafilter compare --resume " + ShellWord.of(folder);
        Session session = Session.open(line, threads(line, resumed));
        plan.runs().stream().map(run -> run.recipe().precision()).distinct().forEach(session::use);
        Logging.log()
                .info(
                        "compare    {} with seeds {}: {} runs in {}",
                        plan.variants().stream().map(Variant::name).collect(Collectors.joining(", ")),
                        plan.seeds(),
                        plan.runs().size(),
                        folder);
        ComparisonRuns runs = new ComparisonRuns(plan, folder, command, settings, terminal, interruption);
        if (line.hasOption("overwrite")) {
            runs.clear();
        }
        Comparison comparison = runs.train(session, lock);
        settings.json().write(comparison.document());
        ComparisonText.print(comparison);
        Logging.log()
                .info("results    {}; pictures: dynafilter report {}", Comparison.file(folder), ShellWord.of(folder));
        runs.requireSuccess(comparison);
        return ExitCode.DONE;
    }

    /** @param resumed the folder of the comparison that goes on; null for a new one */
    private static Plan plan(CommandLine line, Path resumed) {
        Path config = CommonOptions.path(line, "config");
        if (resumed != null && (config != null || line.hasOption("overwrite") || line.hasOption("out"))) {
            throw new InputException(
                    "--resume continues a comparison in its folder: it goes with neither --out, --overwrite nor"
                            + " --config");
        }
        Plan before = resumed == null
                ? null
                : Plan.of(
                        JsonFile.read(comparisonIn(resumed), ComparisonDocument.class),
                        Comparison.file(resumed).toString());
        Recipe base = before != null ? before.recipe() : config != null ? RunConfig.recipe(config) : Recipe.DEFAULT;
        Recipe recipe = Recipes.with(base, RecipeOptions.given(line), true);
        List<Variant> variants = before != null && !line.hasOption("variants")
                ? before.variants()
                : Variant.listOf(line.getOptionValue("variants", VARIANTS));
        List<Long> seeds = before != null && !line.hasOption("seeds") ? before.seeds() : seeds(line, recipe.seed());
        List<Double> reach = before != null && !line.hasOption("reach")
                ? before.thresholds()
                : numbers("reach", line.getOptionValue("reach", REACH));
        return new Plan(recipe, variants, seeds, reach);
    }

    private static Path comparisonIn(Path folder) {
        Path file = Comparison.file(folder);
        if (!Files.isRegularFile(file)) {
            throw new InputException("--resume " + folder + ": there is no " + file
                    + "; give the folder of a comparison, or start one with --out");
        }
        return file;
    }

    /** The folder of a new comparison. */
    private static Path folder(CommandLine line) {
        Path out = CommonOptions.path(line, "out");
        if (out == null) {
            return RunDirectory.create("compare-" + TrainCommand.timestamp()).path();
        }
        RunDirectory directory = new RunDirectory(out);
        directory.requireFolder();
        directory.requireUnused();
        if (Files.exists(Comparison.file(out)) && !line.hasOption("overwrite")) {
            throw new InputException("--out " + out + " holds a comparison; continue it with --resume "
                    + ShellWord.of(out) + ", replace it with --overwrite, or name another folder");
        }
        return out;
    }

    private static List<Long> seeds(CommandLine line, long first) {
        String text = line.getOptionValue("seeds", "3");
        if (!text.contains(",")) {
            int count = CommonOptions.integer(line, "seeds", 1, MOST_SEEDS, 3);
            return LongStream.range(first, first + count).boxed().toList();
        }
        try {
            return Arrays.stream(text.split(",", -1))
                    .map(seed -> Long.valueOf(seed.strip()))
                    .toList();
        } catch (NumberFormatException wrong) {
            throw new InputException("--seeds " + text + ": give a count, or whole numbers with commas between", wrong);
        }
    }

    private static List<Double> numbers(String option, String text) {
        try {
            return Arrays.stream(text.split(",", -1))
                    .map(number -> Double.valueOf(number.strip()))
                    .toList();
        } catch (NumberFormatException wrong) {
            throw new InputException("--" + option + " " + text + ": give numbers with commas between", wrong);
        }
    }

    /** Another number of threads would round differently. */
    private static OptionalInt threads(CommandLine line, Path resumed) {
        Path config = CommonOptions.path(line, "config");
        Path before = resumed != null ? Comparison.file(resumed) : config;
        return before == null ? OptionalInt.empty() : RunConfig.threads(before);
    }
}
