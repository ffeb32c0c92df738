package dynafilter.run;

import dynafilter.checkpoint.Checkpoint;
import dynafilter.distributed.Placement;
import dynafilter.distributed.WorkerGroup;
import dynafilter.io.InputException;
import dynafilter.runfolder.FolderLock;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.Recipes;
import dynafilter.runfolder.RunConfig;
import dynafilter.runfolder.RunDirectory;
import dynafilter.runfolder.RunOutcome;
import dynafilter.train.Trainer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One execution of {@code train}: finds the start of the run, takes its folder, and trains. */
public final class TrainJob {
    private static final String COMMAND = "train";

    private final TrainArguments arguments;
    private final Interruption interruption;
    private final Consumer<RunOutcome> outcomes;
    private final Recipe recipe; // of a new run

    /**
     * The execution with some arguments.
     *
     * @param outcomes takes the outcome at rank 0, before the ranks part
     * @throws InputException where the recipe makes no sense
     */
    public TrainJob(TrainArguments arguments, Interruption interruption, Consumer<RunOutcome> outcomes) {
        this.arguments = arguments;
        this.interruption = interruption;
        this.outcomes = outcomes;
        Path config = arguments.begin().config();
        Map<String, Object> given = new LinkedHashMap<>(arguments.given());
        if (arguments.begin().resume() != null && !arguments.begin().isAuto()) {
            given.remove(Origin.FEATURE_VIEWS); // it is judged beside the run's own settings, which are not read yet
        }
        recipe = Recipes.with(config == null ? Recipe.DEFAULT : RunConfig.recipe(config), given, true);
    }

    /**
     * Sees that workers of this machine can begin: the folder is free, and the batch divides among them.
     *
     * @throws InputException where they cannot
     */
    public void requireStart() {
        RunStart start = RunStart.of(arguments.begin());
        if (start instanceof RunStart.Fresh) { // a run that goes on has its own recipe
            Trainer.requireShares(recipe.optimization().batchSize(), arguments.workers());
        }
        try (FolderLock lock = FolderLocks.of(COMMAND)) {
            start.owned(arguments.begin(), lock);
        }
    }

    /** Trains in this process. */
    public RunOutcome alone() {
        RunStart found = RunStart.of(arguments.begin());
        try (FolderLock lock = FolderLocks.of(COMMAND)) {
            RunStart start = found.owned(arguments.begin(), lock).named(recipe);
            Session session = Session.open(arguments.device(), threadsBefore(start));
            return train(start, lock, session, WorkerGroup.single());
        }
    }

    private @Nullable Integer threadsBefore(RunStart start) {
        Path before = start instanceof RunStart.Resumed resumed
                ? resumed.source().config()
                : arguments.begin().config();
        return before == null ? null : RunConfig.threads(before).orElse(null);
    }

    /**
     * Trains as one rank of several.
     *
     * @param end ends this process at once and tells the reason, for a thread that cannot be woken
     */
    public RunOutcome asRank(Placement placement, Consumer<String> end) {
        return new DistributedRun(arguments, placement, end)
                .run(interruption, start -> start.named(recipe), this::train);
    }

    private RunOutcome train(RunStart start, FolderLock lock, Session session, WorkerGroup group) {
        Terminal terminal = Terminal.of(group.leads() ? arguments.progress() : Terminal.Style.NONE);
        RunContext context = new RunContext(arguments.settings(), session, terminal, interruption, group);
        RunDirectory folder = start.directory();
        if (start instanceof RunStart.Resumed resumed) {
            return resume(resumed, new RunFolder(folder, lock), context);
        }
        boolean replaces = start instanceof RunStart.Fresh fresh && fresh.replaces();
        return run(recipe, new Origin.Fresh(replaces), new RunFolder(folder, lock), context);
    }

    private RunOutcome resume(RunStart.Resumed start, RunFolder folder, RunContext context) {
        Path file = start.checkpoint();
        try (Checkpoint checkpoint = Checkpoint.read(file)) {
            checkpoint.notes().forEach(note -> Logging.log().info("resume     {}: {}", file, note));
            Recipe before = Recipes.withoutLimitsOfOneCall(recipeOf(checkpoint, file));
            Recipe own = Recipes.with(before, arguments.given(), true);
            boolean finished = checkpoint.epoch() >= own.optimization().epochs(); // then the run stays as it is
            return run(
                    own,
                    new Origin.Resumed(file, checkpoint),
                    finished ? new RunFolder(start.source(), folder.lock()) : folder,
                    context);
        }
    }

    private RunOutcome run(Recipe own, Origin origin, RunFolder folder, RunContext context) {
        return new TrainingRun(own, origin, folder, ComparisonPlace.ALONE, context).run(outcomes);
    }

    private static Recipe recipeOf(Checkpoint checkpoint, Path file) {
        try {
            return Recipes.with(Recipe.DEFAULT, checkpoint.recipe(), false);
        } catch (InputException wrong) {
            throw new InputException("the recipe in " + file + ": " + wrong.getMessage(), wrong);
        }
    }
}
