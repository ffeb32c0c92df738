package dynafilter.cli;

import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.DataSet;
import dynafilter.data.LabelSplit;
import dynafilter.data.device.DataMemory;
import dynafilter.data.source.DataSource;
import dynafilter.io.InputException;
import dynafilter.io.ShellWord;
import dynafilter.io.SystemLocale;
import dynafilter.model.Views;
import dynafilter.report.ComparisonFacts;
import dynafilter.report.RunFacts;
import dynafilter.report.RunNumbers;
import dynafilter.report.figure.Findings;
import dynafilter.report.figure.Svg;
import dynafilter.report.page.ComparisonPage;
import dynafilter.report.page.RunPage;
import dynafilter.run.DataProgress;
import dynafilter.run.FolderLocks;
import dynafilter.run.Interruption;
import dynafilter.run.Logging;
import dynafilter.run.Session;
import dynafilter.run.Terminal;
import dynafilter.run.Version;
import dynafilter.runfolder.FolderLock;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.RunConfig;
import dynafilter.runfolder.RunDirectory;
import dynafilter.runfolder.ZeroShot;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.Nullable;

/** The command {@code report}: writes the report of a run or of a comparison as one HTML page. */
final class ReportCommand implements Command {
    private static final String DATA = "data";
    private static final String OUT = "out";
    private static final String CURVES = "curves";

    @Override
    public String name() {
        return "report";
    }

    @Override
    public String summary() {
        return "one self-contained HTML page of a run or a comparison: curves, classes, response maps, filters";
    }

    @Override
    public String arguments() {
        return "[options] RUN|COMPARISON";
    }

    @Override
    public Options options() {
        Options options = new Options()
                .addOption(CommonOptions.valued(OUT, "FILE", "where to write [report.html in the folder]"))
                .addOption(CommonOptions.valued(
                        DATA, "DIR|sample", "the data set whose test images to use [that of the run's recipe]"))
                .addOption(CommonOptions.valued(CURVES, "FILE.svg", "write the curves as a picture, too"))
                .addOption(CommonOptions.json("write the report's numbers as JSON"));
        return CommonOptions.addCompute(options);
    }

    @Override
    public List<String> examples() {
        return List.of(
                "report checkpoints/RUN",
                "report checkpoints/RUN --data data/cifar-10-batches-bin --out run.html --json run.json",
                "report checkpoints/COMPARISON --curves curves.svg");
    }

    @Override
    public int run(CommandLine line, Interruption interruption) {
        Path folder = folder(line);
        JsonOutput json = JsonOutput.of(line);
        Path curves = curves(line);
        if (ComparisonFacts.isIn(folder)) {
            ComparisonFacts facts = ComparisonFacts.read(folder);
            Path out = out(line, folder);
            try (FolderLock lock = FolderLocks.ofFiles(name(), out, curves)) {
                ComparisonPage page = new ComparisonPage(facts, out, generator());
                PageOutput.write(out, page.html());
                writeCurves(curves, page.drawnCurves().orElse(null));
            }
            json.write(facts.numbers());
            return ExitCode.DONE;
        }
        RunDirectory directory = new RunDirectory(folder);
        if (!Files.exists(directory.config())) {
            throw new InputException(folder + " holds neither a run (config.json) nor a comparison (comparison.json);"
                    + " give the folder that `train` or `compare` wrote to");
        }
        RunFacts facts = RunFacts.read(directory);
        Path out = out(line, folder);
        Evaluated evaluated;
        try (FolderLock lock = FolderLocks.ofFiles(name(), out, curves)) {
            evaluated = evaluate(line, facts);
            RunPage page = new RunPage(facts, evaluated.findings, evaluated.missing, generator());
            PageOutput.write(out, page.html());
            writeCurves(curves, page.drawnCurves().orElse(null));
        }
        json.write(RunNumbers.of(facts, evaluated.findings, evaluated.missing));
        return ExitCode.DONE;
    }

    /** The file for the curves; null: none. It is an SVG, whose colours follow the reader's screen. */
    private static @Nullable Path curves(CommandLine line) {
        Path file = CommonOptions.output(line, CURVES);
        if (file != null && !file.toString().endsWith(".svg")) {
            throw new InputException("--" + CURVES + " " + file + ": the picture is an SVG; name the file .svg");
        }
        return file;
    }

    private void writeCurves(@Nullable Path file, @Nullable Svg drawing) {
        if (file != null && drawing == null) {
            Logging.log().warn("there are no curves yet, and so no {}", file);
        } else if (file != null && drawing != null) {
            FigureOutput.write(file, drawing);
        }
    }

    private static String generator() {
        return "dynafilter " + Version.ofProgram();
    }

    private static Path folder(CommandLine line) {
        List<String> arguments = line.getArgList();
        if (arguments.size() != 1) {
            throw new InputException("report takes the folder of one run or comparison"
                    + (arguments.isEmpty() ? "" : ", not " + arguments) + ": dynafilter report checkpoints/RUN");
        }
        Path folder = SystemLocale.path("the argument", arguments.get(0), "give the folder of a run");
        if (!Files.isDirectory(folder)) {
            throw new InputException(folder
                    + (Files.exists(folder)
                            ? " is a file; give the folder it is in"
                            : " does not exist; give the folder of a run"));
        }
        return folder;
    }

    /**
     * The file for the page, which replaces an older one.
     *
     * @throws InputException where another file than a report is there
     */
    private static Path out(CommandLine line, Path folder) {
        Path out = CommonOptions.output(line, OUT, folder.resolve(RunDirectory.REPORT));
        PageOutput.requireReplaceable(out, OUT);
        return out;
    }

    /** The findings on the best network, or the reason why there are none. */
    private record Evaluated(@Nullable Findings findings, String missing) {}

    private Evaluated evaluate(CommandLine line, RunFacts facts) {
        String again = "`dynafilter report " + ShellWord.of(facts.directory().path());
        if (!facts.hasBest()) {
            return missing(
                    "There is no best.pt in the run's folder; once it is there, " + again + "` completes this page.");
        }
        Session session = Session.open(
                CommonOptions.device(line),
                RunConfig.threads(facts.directory().config()).orElse(null));
        session.use(facts.recipe().computation().precision());
        String name = line.getOptionValue(DATA, facts.recipe().images().data());
        DataSet opened;
        try {
            opened = DataSource.open(name, DataProgress.optionsOf(facts.recipe(), Terminal.auto()));
        } catch (InputException absent) {
            if (line.hasOption(DATA)) {
                throw absent;
            }
            return missing("The run's test set is not at hand here (" + absent.getMessage() + "): " + again
                    + " --data DIR` completes this page.");
        }
        Path best = facts.directory().best();
        try (TrainedNetwork trained = TrainedNetwork.read(best, session.device());
                LabelSplit data = ModelData.parted(opened, best, trained)) {
            ModelOption.requireSameClasses(best, trained, data.seen());
            ZeroShot zeroShot = data.unseen() == null ? null : zeroShot(trained, data, facts.recipe(), session);
            return new Evaluated(Findings.of(trained, data.seen(), facts.recipe(), session.device(), zeroShot), "");
        }
    }

    private static @Nullable ZeroShot zeroShot(
            TrainedNetwork trained, LabelSplit data, Recipe recipe, Session session) {
        TestedModel.Settings settings = new TestedModel.Settings(
                recipe.selection().limitTest(),
                DataMemory.AUTO,
                Views.NONE,
                recipe.computation().precision());
        try (PointerScope scope = new PointerScope();
                TestedModel tested = settings.test(trained, data, session)) {
            return tested.zeroShot();
        }
    }

    private Evaluated missing(String why) {
        Logging.log().warn("the page lacks what needs the network and the test set: {}", why);
        return new Evaluated(null, why);
    }
}
