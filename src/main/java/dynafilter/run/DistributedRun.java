package dynafilter.run;

import dynafilter.distributed.C10dGroup;
import dynafilter.distributed.Placement;
import dynafilter.distributed.WorkerFailure;
import dynafilter.distributed.WorkerGroup;
import dynafilter.io.InputException;
import dynafilter.runfolder.FolderLock;
import dynafilter.runfolder.RunConfig;
import dynafilter.runfolder.RunDirectory;
import dynafilter.runfolder.Runs;
import dynafilter.runfolder.RunOutcome;
import dynafilter.runtime.NativeRuntime;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** The execution of {@code train} as one rank of several: it joins the others, and begins where rank 0 tells. */
public final class DistributedRun {
    private final TrainArguments arguments;
    private final Placement placement;
    private final Consumer<String> end;

    /** The training of a rank once all have joined; the lock holds the folder at rank 0 alone. */
    interface Work {
        RunOutcome run(RunStart start, FolderLock lock, Session session, WorkerGroup group);
    }

    /** @param end ends this process at once and tells the reason: a thread that waits for a GPU or a dead machine cannot be woken */
    DistributedRun(TrainArguments arguments, Placement placement, Consumer<String> end) {
        this.arguments = arguments;
        this.placement = placement;
        this.end = end;
    }

    /**
     * Sees that a command that trains in one process was started alone.
     *
     * @throws InputException where a launcher has started several processes
     */
    public static void requireAlone(String command) {
        Placement.of(System.getenv()).filter(place -> place.size() > 1).ifPresent(place -> {
            throw new InputException(command + " trains in one process, but a launcher has started " + place.size()
                    + " (WORLD_SIZE); start it alone, or share one run among processes: train --workers");
        });
    }

    /**
     * Joins the group and trains.
     *
     * @param named gives a run without a folder one; called at rank 0 alone
     */
    RunOutcome run(Interruption interruption, UnaryOperator<RunStart> named, Work work) {
        LocalWorkers.endWithStarter(end);
        if (placement.size() > 1) {
            RankStream.mark(placement.rank());
        }
        if (placement.rank() != 0) {
            Logging.quiet();
            interruption.silence();
        }
        Session session = Session.open(arguments.device(), placement);
        try (WorkerGroup group = C10dGroup.join(
                placement,
                session.device(),
                arguments.timeout(),
                text -> Logging.log().warn(text),
                end)) {
            try (FolderLock lock = FolderLocks.of("train")) {
                return work.run(start(group, lock, named), lock, session, group);
            } catch (RuntimeException | LinkageError | OutOfMemoryError failure) {
                group.fail(NativeRuntime.firstLine(failure));
                throw failure;
            }
        }
    }

    /** The start of the run: rank 0 looks at the folders and tells the others, which may be on machines without them. */
    private RunStart start(WorkerGroup group, FolderLock lock, UnaryOperator<RunStart> named) {
        if (group.leads()) {
            RunStart own = named.apply(found().owned(arguments.begin(), lock));
            group.share(written(own));
            return own;
        }
        String[] shared = group.share("").split("\n", -1);
        Path folder = Path.of(shared[1]);
        return shared[0].isEmpty()
                ? new RunStart.Fresh(folder, false, shared[2].isEmpty() ? null : Path.of(shared[2]))
                : new RunStart.Resumed(Path.of(shared[0]), folder);
    }

    private static String written(RunStart start) {
        Object checkpoint =
                start instanceof RunStart.Resumed resumed ? resumed.checkpoint().toAbsolutePath() : "";
        Object weights = start instanceof RunStart.Fresh fresh && fresh.weights() != null
                ? fresh.weights().toAbsolutePath()
                : "";
        return checkpoint + "\n" + start.directory().path().toAbsolutePath() + "\n" + weights;
    }

    /** The start that the folders and arguments tell: a run that its launcher restarted goes on, unlike another in the same folder. */
    private RunStart found() {
        return placement.restart() > 0 && !placement.launch().isEmpty()
                ? folders().stream()
                        .filter(run -> RunConfig.launch(run.config()).equals(placement.launch()))
                        .findFirst()
                        .map(run -> RunStart.continued(run.path()))
                        .orElseGet(() -> RunStart.of(arguments.begin()))
                : RunStart.of(arguments.begin());
    }

    /** The folders that the run may have begun in before it was restarted. */
    private List<RunDirectory> folders() {
        Path out = arguments.begin().out();
        if (out == null && arguments.begin().resume() != null) {
            out = RunStart.of(arguments.begin()).folder();
        }
        return out == null ? Runs.all() : List.of(new RunDirectory(out));
    }

    /** The failure of a group, with the command that goes on from the last checkpoint where there is one. */
    static WorkerFailure withWayOn(WorkerFailure failure, RunFolder folder) {
        Path last = folder.directory().last();
        return Files.exists(last)
                ? new WorkerFailure(
                        failure.getMessage() + "; " + last + " is whole: go on with: " + folder.resumption(""), failure)
                : failure;
    }
}
