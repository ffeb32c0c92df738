package dynafilter.run;

import dynafilter.checkpoint.Checkpoint;
import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import dynafilter.runfolder.FolderLock;
import dynafilter.runfolder.RunDirectory;
import dynafilter.study.Comparison;
import dynafilter.study.Plan;
import dynafilter.study.RunResult;
import dynafilter.study.UnfinishedRun;
import dynafilter.train.TrainingFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The execution of {@code compare}: trains the runs that a comparison still lacks, one by one. A stop loses no more than one of {@code train}. */
public final class ComparisonRuns {
    private static final String COMMAND = "compare";

    private final Plan plan;
    private final Path folder;
    private final String command;
    private final RunContext context;
    private final List<String> failed = new ArrayList<>();

    /**
     * The runs of a plan.
     *
     * @param folder of the comparison
     * @param command the command that goes on with the comparison after a stop
     * @param context the surroundings of all runs
     */
    public ComparisonRuns(Plan plan, Path folder, String command, RunContext context) {
        this.plan = plan;
        this.folder = folder;
        this.command = command;
        this.context = context;
    }

    private RunDirectory directory(Plan.Run run) {
        return Comparison.directory(folder, run);
    }

    /**
     * Deletes an older comparison's files.
     *
     * @throws InputException where another process trains one of its runs
     */
    public void clear() {
        try (FolderLock lock = FolderLocks.of(COMMAND)) {
            for (Plan.Run run : plan.runs()) { // all locks before the first deletion: all files go, or none
                lock.ownWhereThere(directory(run).path(), FolderLocks.ANOTHER_FOLDER);
            }
            Files.deleteIfExists(Comparison.file(folder));
            Files.deleteIfExists(folder.resolve(RunDirectory.REPORT));
            for (Plan.Run run : plan.runs()) {
                directory(run).clear();
            }
        } catch (IOException failure) {
            throw new InputException(
                    "cannot replace " + Comparison.file(folder) + ": " + failure.getMessage(), failure);
        }
    }

    /**
     * Trains until all runs are finished or a stop is asked for. A run that fails is passed over: see {@link #requireSuccess}.
     *
     * @param lock of the comparison's folder, which is taken as soon as it is there
     * @return the comparison of the runs that are finished then
     * @throws InputException where a folder holds a run of another recipe, which is found before the first run is trained
     */
    public Comparison train(FolderLock lock) {
        Comparison comparison = finished();
        new RunDirectory(folder).makeWritable();
        lock.own(folder, FolderLocks.ANOTHER_FOLDER);
        comparison.write(folder);
        List<Plan.Run> done = comparison.results().stream().map(RunResult::run).toList();
        List<Plan.Run> missing =
                plan.runs().stream().filter(run -> !done.contains(run)).toList();
        int first = done.size() + 1;
        long began = System.nanoTime();
        for (int i = 0; i < missing.size() && !context.interruption().getAsBoolean(); i++) {
            Plan.Run run = missing.get(i);
            String name = run.variant().name() + " seed " + run.seed();
            train(run, new ComparisonPlace(first + i, plan.runs().size(), first, name, began, command));
            comparison = finished();
            comparison.write(folder);
        }
        return comparison;
    }

    private void train(Plan.Run run, ComparisonPlace place) {
        RunDirectory directory = directory(run);
        try (FolderLock lock = FolderLocks.of(COMMAND)) {
            lock.ownWhereThere(directory.path(), "stop it");
            Optional<String> flaw = UnfinishedRun.flaw(directory);
            flaw.ifPresent(why -> Logging.log().warn("{} is trained again: {}", directory.path(), why));
            if (flaw.isEmpty() && Files.exists(directory.last())) {
                try (Checkpoint checkpoint = Checkpoint.read(directory.last())) {
                    train(run, new Origin.Resumed(directory.last(), checkpoint), new RunFolder(directory, lock), place);
                }
            } else {
                train(run, new Origin.Fresh(true), new RunFolder(directory, lock), place);
            }
        } catch (TrainingFailure failure) {
            Logging.log().warn("{}: {}", directory.path(), failure.getMessage());
            Logging.debug(failure);
            context.features().close(); // there may be too little room because of them
            failed.add(place.name());
        } finally {
            Logging.endFile();
        }
    }

    private void train(Plan.Run run, Origin origin, RunFolder folder, ComparisonPlace place) {
        new TrainingRun(run.recipe(), origin, folder, place, context)
                .run(outcome -> JsonFile.write(folder.directory().outcome(), outcome));
    }

    /** The comparison of the runs that are finished by now. */
    private Comparison finished() {
        return new Comparison(
                plan,
                command,
                plan.runs().stream()
                        .flatMap(run -> RunResult.read(run, directory(run)).stream())
                        .toList());
    }

    /**
     * Sees that no run failed.
     *
     * @throws TrainingFailure where runs failed, or are not finished although no stop was asked for
     */
    public void requireSuccess(Comparison comparison) {
        if (!failed.isEmpty()) {
            throw new TrainingFailure(failed.size() + " of " + plan.runs().size() + " runs failed ("
                    + String.join(", ", failed) + "), the lines above say why; mend the recipe in another --out, or try"
                    + " again with: " + command);
        }
        if (!comparison.isComplete() && !context.interruption().getAsBoolean()) {
            throw new TrainingFailure(comparison.results().size() + " of "
                    + plan.runs().size() + " runs are finished; go on with: " + command);
        }
    }
}
