package dynafilter.cli;

import dynafilter.distributed.C10dGroup;
import dynafilter.distributed.Placement;
import dynafilter.distributed.WorkerFailure;
import dynafilter.distributed.WorkerGroup;
import dynafilter.io.InputException;
import dynafilter.runfolder.FolderLock;
import dynafilter.runfolder.RunConfig;
import dynafilter.runfolder.RunDirectory;
import dynafilter.runtime.NativeRuntime;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.apache.commons.cli.CommandLine;

/** {@code train} as one rank of several: joins the others, and begins where rank 0 says. */
final class RankedRun {
    static final String TIMEOUT = "dist-timeout";
    private static final int DEFAULT_TIMEOUT = 300; // seconds
    private static final int LONGEST_TIMEOUT = 1_000_000;

    private final CommandLine line;
    private final Placement placement;

    /** What a rank trains; the lock is that of rank 0. */
    interface Work {
        int run(RunStart start, FolderLock lock, Session session, WorkerGroup group);
    }

    RankedRun(CommandLine line, Placement placement) {
        this.line = line;
        this.placement = placement;
    }

    /** @throws InputException where a launcher has started several processes, for a command that is one */
    static void requireAlone(String command) {
        Placement.of(System.getenv()).filter(place -> place.size() > 1).ifPresent(place -> {
            throw new InputException(command + " trains in one process, but a launcher has started " + place.size()
                    + " (WORLD_SIZE); start it alone, or share one run among processes: train --workers");
        });
    }

    /** For how long a rank may let the others wait. */
    static Duration timeout(CommandLine line) {
        return Duration.ofSeconds(CommonOptions.integer(line, TIMEOUT, 1, LONGEST_TIMEOUT, DEFAULT_TIMEOUT));
    }

    /**
     * @param named gives a run that has no folder one; only where this is rank 0
     */
    int run(Interruption interruption, UnaryOperator<RunStart> named, Work work) {
        LocalWorkers.endWithStarter();
        if (placement.size() > 1) {
            requireJsonApart();
            RankStream.mark(placement.rank());
        }
        if (placement.rank() != 0) {
            Logging.quiet();
            interruption.silence();
        }
        Session session = Session.open(line, placement);
        try (WorkerGroup group = C10dGroup.join(
                placement,
                session.device(),
                timeout(line),
                text -> Logging.log().warn(text),
                RankedRun::endStuckProcess)) {
            try (FolderLock lock = FolderLocks.of("train")) {
                return work.run(start(group, lock, named), lock, session, group);
            } catch (RuntimeException | LinkageError | OutOfMemoryError failure) {
                group.fail(NativeRuntime.firstLine(failure));
                throw failure;
            }
        }
    }

    /** What libtorch itself prints of joining the processes would stand before it. */
    private void requireJsonApart() {
        if (JsonOutput.isStandard(line)) {
            throw new InputException("--json " + line.getOptionValue(CommonOptions.JSON) + ": " + placement.size()
                    + " processes print to one standard output here; name a file");
        }
    }

    /** Rank 0 looks at the folders, and tells the others: where they are on another machine they may not have them. */
    private RunStart start(WorkerGroup group, FolderLock lock, UnaryOperator<RunStart> named) {
        RunStart own = group.leads() ? named.apply(found().owned(line, lock)) : null;
        String[] shared = group.share(own == null ? "" : written(own)).split("\n", -1);
        return own != null
                ? own
                : new RunStart(shared[0].isEmpty() ? null : Path.of(shared[0]), Path.of(shared[1]), false);
    }

    private static String written(RunStart start) {
        return (start.checkpoint() == null ? "" : start.checkpoint().toAbsolutePath()) + "\n"
                + start.folder().toAbsolutePath();
    }

    /** Restarted by its launcher a run goes on by itself; not so a run that only lies in the same folder. */
    private RunStart found() {
        return placement.restart() > 0 && !placement.launch().isEmpty()
                ? folders().stream()
                        .filter(run -> RunConfig.launch(run.config()).equals(placement.launch()))
                        .findFirst()
                        .map(run -> RunStart.continued(run.path()))
                        .orElseGet(() -> RunStart.of(line))
                : RunStart.of(line);
    }

    /** Where the run may have begun before it was restarted. */
    private List<RunDirectory> folders() {
        Path out = CommonOptions.path(line, "out");
        if (out == null && line.hasOption("resume")) {
            out = RunStart.of(line).folder();
        }
        return out == null ? RunDirectory.all() : List.of(new RunDirectory(out));
    }

    /** What a failure of the group means for the run's files. */
    static WorkerFailure withWayOn(WorkerFailure failure, RunDirectory directory, String resumption) {
        return Files.exists(directory.last())
                ? new WorkerFailure(
                        failure.getMessage() + "; " + directory.last() + " is whole: go on with: " + resumption,
                        failure)
                : failure;
    }

    /** A thread that waits for a GPU, or for an answer from a dead machine, cannot be woken. */
    private static void endStuckProcess(String why) {
        System.err.println("dynafilter: " + why);
        Runtime.getRuntime().halt(ExitCode.FAILED);
    }
}
