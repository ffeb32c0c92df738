package dynafilter.run;

import dynafilter.checkpoint.Checkpoint;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.distributed.Placement;
import dynafilter.distributed.WorkerGroup;
import dynafilter.io.InputException;
import dynafilter.model.FilterDesign;
import dynafilter.model.NetworkShape;
import dynafilter.runfolder.FolderLock;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.Recipes;
import dynafilter.runfolder.RunConfig;
import dynafilter.runfolder.RunDirectory;
import dynafilter.runfolder.RunOutcome;
import dynafilter.runtime.ComputeDevice;
import dynafilter.train.FeatureShelf;
import dynafilter.train.Trainer;
import dynafilter.train.TrainingListener;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One execution of {@code train}: finds the start of the run, takes its folder, and trains. */
public final class TrainJob {
    private static final String COMMAND = "train";

    private final TrainArguments arguments;
    private final Interruption interruption;
    private final Consumer<RunOutcome> outcomes;
    private final TrainingListener listener;
    private final Recipe recipe; // of a new run

    /**
     * The execution with some arguments.
     *
     * @param outcomes takes the outcome at rank 0, before the ranks part
     * @param listener to the run's events, beside those of the program itself
     * @throws InputException where the recipe makes no sense
     */
    public TrainJob(
            TrainArguments arguments,
            Interruption interruption,
            Consumer<RunOutcome> outcomes,
            TrainingListener listener) {
        this.arguments = arguments;
        this.interruption = interruption;
        this.outcomes = outcomes;
        this.listener = listener;
        Path config = arguments.begin().config();
        Map<String, Object> given = new LinkedHashMap<>(arguments.given());
        if (arguments.begin().resume() != null && !arguments.begin().isAuto()) {
            // These are judged beside the run's own settings, which are not read yet.
            given.keySet().removeAll(List.of(Origin.FEATURE_VIEWS, Origin.HOLD_OUT));
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
        try (FeatureShelf features = new FeatureShelf()) {
            return train(
                    start,
                    lock,
                    new RunContext(arguments.settings(), session, terminal, interruption, listener, features, group));
        }
    }

    private RunOutcome train(RunStart start, FolderLock lock, RunContext context) {
        RunDirectory folder = start.directory();
        if (start instanceof RunStart.Resumed resumed) {
            return resume(resumed, new RunFolder(folder, lock), context);
        }
        RunStart.Fresh fresh = (RunStart.Fresh) start;
        return fresh.weights() != null
                ? beginWith(fresh.weights(), new RunFolder(folder, lock), context)
                : run(recipe, new Origin.Fresh(fresh.replaces()), new RunFolder(folder, lock), context);
    }

    /** Begins a new run with the weights in a file, and with the recipe that the file tells, if it tells one. */
    private RunOutcome beginWith(Path weights, RunFolder folder, RunContext context) {
        try (TrainedNetwork network = TrainedNetwork.read(weights, ComputeDevice.CPU)) {
            Logging.log().info("resume     {}: {}", weights, network.description());
            Logging.log()
                    .info("           weights alone: a new run begins with them, at epoch 0, with a new optimizer");
            Recipe before = network.training().get("recipe") instanceof Map<?, ?> told
                    ? Recipes.withoutLimitsOfOneCall(recipeOf(texts(told), weights))
                    : Recipe.DEFAULT;
            NetworkShape shape = network.network().shape();
            FilterDesign design = shape.design();
            Map<String, Object> own = Map.of(
                    "filters",
                    design.kind().toString(),
                    "filter_heads",
                    design.heads(),
                    "filter_size",
                    design.size(),
                    "basis",
                    design.basis(),
                    "basis_image",
                    design.basisImage().toString(),
                    "adapter",
                    shape.adapter(),
                    "image_size",
                    shape.imageSize());
            Recipe begun = Recipes.with(Recipes.with(before, own, true), arguments.given(), true);
            return run(begun, new Origin.Weights(network), folder, context);
        }
    }

    private static Map<String, Object> texts(Map<?, ?> values) {
        Map<String, Object> texts = new LinkedHashMap<>();
        values.forEach((name, value) -> texts.put(String.valueOf(name), value));
        return texts;
    }

    private RunOutcome resume(RunStart.Resumed start, RunFolder folder, RunContext context) {
        Path file = start.checkpoint();
        try (Checkpoint checkpoint = Checkpoint.read(file)) {
            checkpoint.notes().forEach(note -> Logging.log().info("resume     {}: {}", file, note));
            Recipe before = Recipes.withoutLimitsOfOneCall(recipeOf(checkpoint.recipe(), file));
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

    private static Recipe recipeOf(Map<String, ?> recipe, Path file) {
        try {
            return Recipes.stored(recipe, false);
        } catch (InputException wrong) {
            throw new InputException("the recipe in " + file + ": " + wrong.getMessage(), wrong);
        }
    }
}
