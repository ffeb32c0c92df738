package dynafilter.cli;

import dynafilter.checkpoint.Checkpoint;
import dynafilter.distributed.Placement;
import dynafilter.distributed.WorkerGroup;
import dynafilter.io.InputException;
import dynafilter.runfolder.Ending;
import dynafilter.runfolder.FolderLock;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.Recipes;
import dynafilter.runfolder.RunConfig;
import dynafilter.runfolder.RunDirectory;
import dynafilter.train.Trainer;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BiFunction;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** {@code train}: trains a network into a run directory, or continues one. */
final class TrainCommand implements Command {
    /** What stopped a run does not stop the one that continues it. */
    private static final Map<String, Object> LIMITS_OF_ONE_CALL = Map.of("max_steps", 0L, "max_minutes", 0.0);

    private static final DateTimeFormatter TIMESTAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

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
                        "continue a run: last, best, its folder or a checkpoint file; auto: the one in --out, if any"))
                .addOption(
                        CommonOptions.valued("config", "FILE", "take the recipe of a config.json; other options win"))
                .addOption(CommonOptions.flag(
                        "tensorboard",
                        "write TensorBoard's event files into the run's folder, too; a resumed run goes on with them"))
                .addOption(CommonOptions.valued("progress", "STYLE", "auto, bar, plain or none [auto]"))
                .addOption(DataOption.dataMemory())
                .addOption(CommonOptions.cudaGraphOption())
                .addOption(CommonOptions.valued(
                        LocalWorkers.OPTION, "N", "share every batch among N processes of this machine [1]"))
                .addOption(CommonOptions.valued(
                        RankedRun.TIMEOUT, "SECONDS", "for how long a process may let the others wait [300]"))
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
                "train --config checkpoints/RUN/config.json --out checkpoints/again",
                "train --resume checkpoints/RUN",
                "train --resume last --epochs 40",
                "train --workers 2 --sync-batchnorm");
    }

    @Override
    public int run(CommandLine line, Interruption interruption) {
        CommonOptions.refuseArguments(line, name());
        Terminal.of(progress(line));
        TrainingRun.Settings settings = TrainingRun.Settings.of(line);
        RunStart.check(line);
        RankedRun.timeout(line);
        Path config = CommonOptions.path(line, "config");
        Map<String, Object> given = RecipeOptions.given(line);
        Recipe recipe = Recipes.with(config == null ? Recipe.DEFAULT : RunConfig.recipe(config), given, true);
        RankedRun.Work work = work(line, recipe, given, settings, interruption);
        Optional<Placement> placement = Placement.of(System.getenv());
        if (placement.isPresent()) {
            if (line.hasOption(LocalWorkers.OPTION)) {
                throw new InputException("--workers starts processes, but the environment says that a launcher has done"
                        + " so (RANK and WORLD_SIZE); give one of the two");
            }
            return new RankedRun(line, placement.get()).run(interruption, start -> named(start, recipe), work);
        }
        RunStart start = RunStart.of(line);
        int workers = LocalWorkers.count(line);
        if (start.checkpoint() == null) { // a run that goes on has its own recipe
            Trainer.requireShares(recipe.batchSize(), workers);
        }
        try (FolderLock lock = FolderLocks.of(name())) {
            RunStart own = start.owned(line, lock);
            if (workers > 1) {
                lock.close(); // the folder is free, and will be rank 0's
                return LocalWorkers.run(name(), line, workers, settings.json());
            }
            Path before = own.checkpoint() != null ? own.source().config() : config;
            OptionalInt threads = before == null ? OptionalInt.empty() : RunConfig.threads(before);
            return work.run(named(own, recipe), lock, Session.open(line, threads), WorkerGroup.single());
        }
    }

    private static String progress(CommandLine line) {
        return line.getOptionValue("progress", "auto");
    }

    /** What this process does, alone or as one of several. */
    private static RankedRun.Work work(
            CommandLine line,
            Recipe recipe,
            Map<String, Object> given,
            TrainingRun.Settings settings,
            Interruption interruption) {
        return (start, lock, session, group) -> {
            Terminal terminal = Terminal.of(group.leads() ? progress(line) : "none");
            TrainingRun.Settings own = settings.replacing(start.replaces());
            BiFunction<Recipe, RunDirectory, TrainingRun> run =
                    (whose, directory) -> new TrainingRun(whose, directory, lock, own, terminal, interruption, group);
            Ending ending = start.checkpoint() == null
                    ? run.apply(recipe, start.directory()).start(session)
                    : resume(start, given, run, session);
            // A launcher must not take a run for done that a signal to another process has stopped.
            boolean byAnother = ending == Ending.INTERRUPTED && !interruption.getAsBoolean();
            return byAnother ? ExitCode.FAILED : ExitCode.DONE;
        };
    }

    /** A new run that was given no folder gets one. */
    private static RunStart named(RunStart start, Recipe recipe) {
        return start.folder() != null
                ? start
                : new RunStart(null, RunDirectory.create(nameOf(recipe)).path(), start.replaces());
    }

    private static Ending resume(
            RunStart start,
            Map<String, Object> given,
            BiFunction<Recipe, RunDirectory, TrainingRun> run,
            Session session) {
        Path file = start.checkpoint();
        try (Checkpoint checkpoint = Checkpoint.read(file)) {
            checkpoint.notes().forEach(note -> Logging.log().info("resume     {}: {}", file, note));
            Map<String, Object> values = new LinkedHashMap<>(LIMITS_OF_ONE_CALL);
            values.putAll(given);
            Recipe recipe = Recipes.with(recipeOf(checkpoint, file), values, true);
            boolean finished = checkpoint.epoch() >= recipe.epochs(); // then the run stays as it is
            return run.apply(recipe, finished ? start.source() : start.directory())
                    .resume(session, file, checkpoint);
        }
    }

    private static Recipe recipeOf(Checkpoint checkpoint, Path file) {
        try {
            return Recipes.with(Recipe.DEFAULT, checkpoint.recipe(), false);
        } catch (InputException wrong) {
            throw new InputException("the recipe in " + file + ": " + wrong.getMessage(), wrong);
        }
    }

    /** What makes the default names of folders differ. */
    static String timestamp() {
        return LocalDateTime.now(ZoneId.systemDefault()).format(TIMESTAMP);
    }

    private static String nameOf(Recipe recipe) {
        return recipe.filters() + "-" + timestamp();
    }
}
