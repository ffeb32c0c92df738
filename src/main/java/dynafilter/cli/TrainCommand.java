package dynafilter.cli;

import dynafilter.distributed.Placement;
import dynafilter.io.InputException;
import dynafilter.run.Interruption;
import dynafilter.run.RunSettings;
import dynafilter.run.StartArguments;
import dynafilter.run.Terminal;
import dynafilter.run.TrainArguments;
import dynafilter.run.TrainJob;
import dynafilter.runfolder.RunOutcome;
import dynafilter.runfolder.StopReason;
import dynafilter.train.TrainingListener;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** The command {@code train}: trains a network into a run's folder, or continues a run. */
final class TrainCommand implements Command {
    private static final String TIMEOUT = "dist-timeout";
    private static final int DEFAULT_TIMEOUT = 300; // seconds
    private static final int LONGEST_TIMEOUT = 1_000_000;

    @Override
    public String name() {
        return "train";
    }

    @Override
    public String summary() {
        return "train a network; writes best.pt, last.pt, config.json, history.csv and train.log";
    }

    @Override
    public Options options() {
        Options options = RecipeOptions.addTo(new Options());
        options.addOption(CommonOptions.valued("out", "DIR", "the run's folder [checkpoints/NAME-TIMESTAMP]"))
                .addOption(CommonOptions.flag("overwrite", "replace the run in --out"))
                .addOption(CommonOptions.valued(
                        "resume",
                        "WHAT",
                        "continue a run: last, best, its folder or a checkpoint file; auto: the one in --out, if any;"
                                + " safetensors: a new run that begins with these weights"));
        RecipeOptions.addSources(options);
        options.addOption(CommonOptions.flag(
                        "tensorboard",
                        "write TensorBoard's event files into the run's folder, too; a resumed run goes on with them"))
                .addOption(CommonOptions.valued("progress", "STYLE", "auto, bar, plain or none [auto]"))
                .addOption(DataOption.dataMemory())
                .addOption(CommonOptions.cudaGraphOption())
                .addOption(CommonOptions.valued(
                        WorkersOption.NAME, "N", "share every batch among N processes of this machine [1]"))
                .addOption(CommonOptions.valued(
                        TIMEOUT, "SECONDS", "for how long a process may let the others wait [300]"))
                .addOption(CommonOptions.json("write the outcome as JSON"));
        return CommonOptions.addCompute(options);
    }

    @Override
    public List<String> examples() {
        return List.of(
                "train --data sample --backbone random --epochs 5",
                "train --data data/cifar-10-batches-bin --backbone resnet18.ts.pt --filters static --seed 1",
                "train --backbone mobilenet.ts.pt --cut features.6",
                "train --data pictures --image-size 64 --class-weights balanced    # pictures/{train,test}/CLASS/*.jpg",
                "train --data pictures --val-split 0.2                             # pictures/CLASS/*.jpg",
                "train --recipe best --out checkpoints/best",
                "train --teacher checkpoints/best/best.pt",
                "train --config checkpoints/RUN/config.json --out checkpoints/again",
                "train --resume checkpoints/RUN",
                "train --resume last --epochs 40",
                "train --workers 2 --sync-batchnorm");
    }

    @Override
    public int run(CommandLine line, Interruption interruption) {
        CommonOptions.refuseArguments(line, name());
        TrainArguments arguments = arguments(line);
        JsonOutput json = JsonOutput.of(line);
        TrainJob job = new TrainJob(arguments, interruption, json::write, new TrainingListener() {});
        Optional<Placement> placement = Placement.of(System.getenv());
        if (placement.isPresent()) {
            requireNoLauncher(line);
            requireJsonApart(line, placement.get());
            return exitCode(job.asRank(placement.get(), Main::endNow), interruption);
        }
        if (arguments.workers() > 1) {
            job.requireStart();
            return WorkersOption.run(name(), line, json);
        }
        return exitCode(job.alone(), interruption);
    }

    private static TrainArguments arguments(CommandLine line) {
        Terminal.Style progress = Terminal.Style.of(line.getOptionValue("progress", "auto"));
        RunSettings settings = settings(line);
        StartArguments begin = new StartArguments(
                CommonOptions.path(line, "out"),
                line.hasOption("overwrite"),
                line.getOptionValue("resume"),
                CommonOptions.path(line, RecipeOptions.CONFIG));
        int timeout = CommonOptions.integer(line, TIMEOUT, 1, LONGEST_TIMEOUT, DEFAULT_TIMEOUT);
        return new TrainArguments(
                begin,
                RecipeOptions.given(line),
                settings,
                progress,
                CommonOptions.device(line),
                WorkersOption.count(line),
                Duration.ofSeconds(timeout));
    }

    /** The settings of the execution of runs, for {@code compare}, too. */
    static RunSettings settings(CommandLine line) {
        return new RunSettings(
                CommonOptions.cudaGraph(line), DataOption.dataMemory(line), line.hasOption("tensorboard"));
    }

    private static void requireNoLauncher(CommandLine line) {
        if (line.hasOption(WorkersOption.NAME)) {
            throw new InputException("--workers starts processes, but the environment says that a launcher has done"
                    + " so (RANK and WORLD_SIZE); give one of the two");
        }
    }

    /** Refuses JSON on standard output, where libtorch itself prints while processes join. */
    private static void requireJsonApart(CommandLine line, Placement placement) {
        if (placement.size() > 1 && JsonOutput.isStandard(line)) {
            throw new InputException("--json " + line.getOptionValue(CommonOptions.JSON) + ": " + placement.size()
                    + " processes print to one standard output here; name a file");
        }
    }

    /** The exit code: a launcher must not take a run for done that a signal to another process has stopped. */
    private static int exitCode(RunOutcome outcome, Interruption interruption) {
        boolean byAnother = outcome.ending() == StopReason.INTERRUPTED && !interruption.getAsBoolean();
        return byAnother ? ExitCode.FAILED : ExitCode.DONE;
    }
}
