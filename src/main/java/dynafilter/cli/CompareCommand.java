package dynafilter.cli;

import dynafilter.distributed.WorkerGroup;
import dynafilter.io.InputException;
import dynafilter.io.ShellWord;
import dynafilter.run.CompareArguments;
import dynafilter.run.ComparisonRuns;
import dynafilter.run.DistributedRun;
import dynafilter.run.FolderLocks;
import dynafilter.run.Interruption;
import dynafilter.run.Logging;
import dynafilter.run.RunContext;
import dynafilter.run.RunSettings;
import dynafilter.run.Session;
import dynafilter.run.Terminal;
import dynafilter.runfolder.FolderLock;
import dynafilter.study.Comparison;
import dynafilter.study.Plan;
import dynafilter.study.Variant;
import dynafilter.train.FeatureShelf;
import dynafilter.train.TrainingListener;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** The command {@code compare}: trains several variants under one recipe with several seeds, and reports their differences. */
final class CompareCommand implements Command {
    static final String NAME = "compare";
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
                                + " OPTION=VALUE below; the first is what the others are compared with ["
                                + CompareArguments.VARIANTS
                                + "]"))
                .addOption(CommonOptions.valued(
                        "seeds", "N|LIST", "how many seeds from --seed on, or which [" + CompareArguments.SEEDS + "]"))
                .addOption(CommonOptions.valued(
                        "reach", "LIST", "tell the first epoch with these accuracies [" + reach() + "]"))
                .addOption(
                        CommonOptions.valued("out", "DIR", "the comparison's folder [checkpoints/compare-TIMESTAMP]"))
                .addOption(CommonOptions.valued(
                        "resume", "DIR", "go on with a comparison; with --variants or --seeds it can grow"))
                .addOption(CommonOptions.flag("overwrite", "replace the comparison in --out"));
        RecipeOptions.addTo(options, "filters", "max-steps", "max-minutes");
        RecipeOptions.addSources(options);
        options.addOption(CommonOptions.valued("progress", "STYLE", "auto, bar, plain or none [auto]"))
                .addOption(DataOption.dataMemory())
                .addOption(CommonOptions.cudaGraphOption())
                .addOption(CommonOptions.flag("tensorboard", "write TensorBoard's event files into the runs' folders"))
                .addOption(CommonOptions.json("write comparison.json there, too"));
        return CommonOptions.addCompute(options);
    }

    private static String reach() {
        return CompareArguments.REACH.stream().map(String::valueOf).collect(Collectors.joining(","));
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
        DistributedRun.requireAlone(name());
        CompareArguments arguments = arguments(line);
        JsonOutput json = JsonOutput.of(line);
        try (FolderLock lock = FolderLocks.of(NAME)) {
            lock.ownWhereThere(arguments.folderInUse(), FolderLocks.ANOTHER_FOLDER);
            return run(arguments, json, lock, interruption);
        }
    }

    private static CompareArguments arguments(CommandLine line) {
        Terminal.Style progress = Terminal.Style.of(line.getOptionValue("progress", "auto"));
        RunSettings settings = TrainCommand.settings(line);
        return new CompareArguments(
                CommonOptions.path(line, "out"),
                line.hasOption("overwrite"),
                CommonOptions.path(line, "resume"),
                CommonOptions.path(line, RecipeOptions.CONFIG),
                RecipeOptions.given(line),
                line.getOptionValue("variants"),
                line.hasOption("seeds") ? seeds(line) : null,
                line.hasOption("reach") ? numbers("reach", line.getOptionValue("reach")) : null,
                settings,
                progress,
                CommonOptions.device(line));
    }

    private static int run(CompareArguments arguments, JsonOutput json, FolderLock lock, Interruption interruption) {
        Plan plan = arguments.plan();
        Path folder = arguments.folder();
        String command = "dynafilter compare --resume " + ShellWord.of(folder);
        Session session = Session.open(arguments.device(), arguments.threadsBefore(plan));
        plan.runs().stream()
                .map(run -> run.recipe().computation().precision())
                .distinct()
                .forEach(session::use);
        Logging.log()
                .info(
                        "compare    {} with seeds {}: {} runs in {}",
                        plan.variants().stream().map(Variant::name).collect(Collectors.joining(", ")),
                        plan.seeds(),
                        plan.runs().size(),
                        folder);
        try (FeatureShelf features = new FeatureShelf()) {
            RunContext context = new RunContext(
                    arguments.settings(),
                    session,
                    Terminal.of(arguments.progress()),
                    interruption,
                    new TrainingListener() {},
                    features,
                    WorkerGroup.single());
            ComparisonRuns runs = new ComparisonRuns(plan, folder, command, context);
            if (arguments.overwrite()) {
                runs.clear();
            }
            Comparison comparison = runs.train(lock);
            json.write(comparison.document());
            ComparisonText.print(comparison);
            Logging.log()
                    .info(
                            "results    {}; pictures: dynafilter report {}",
                            Comparison.file(folder),
                            ShellWord.of(folder));
            runs.requireSuccess(comparison);
        }
        return ExitCode.DONE;
    }

    private static CompareArguments.Seeds seeds(CommandLine line) {
        String text = line.getOptionValue("seeds");
        if (!text.contains(",")) {
            int count = CommonOptions.integer(line, "seeds", 1, MOST_SEEDS, CompareArguments.SEEDS);
            return new CompareArguments.Seeds(count, List.of());
        }
        try {
            return new CompareArguments.Seeds(
                    0,
                    Arrays.stream(text.split(",", -1))
                            .map(seed -> Long.valueOf(seed.strip()))
                            .toList());
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
}
