package dynafilter.runfolder;

import dynafilter.io.AtomicFile;
import dynafilter.io.InputException;
import dynafilter.io.LockFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The locks of folders, which keep each folder of a run to one writer. A process that trains in a folder owns it. A process that
 * adds a file to it, such as a report, visits it: several may visit at once, but not beside an owner. Readers need no lock, since
 * files are replaced as a whole.
 *
 * <p>Each is the operating system's lock of the file {@link #NAME} in the folder, and so ends with the process, however that
 * ends. Some file systems have no locks, or locks that hold on one machine only; there an owner on another machine is known by
 * its {@link OwnerFile}, which changes as long as the owner lives.
 */
public final class FolderLock implements AutoCloseable {
    /** The name of the file in a folder that is locked. */
    public static final String NAME = ".lock";

    private static final Duration PATIENCE =
            Duration.ofMillis(500); // a process that was killed may take a moment to go
    private static final Duration BEAT = Duration.ofSeconds(3); // an owner's sign of life
    private static final int MISSING_BEATS = 3; // after which an owner on another machine counts as gone
    private static final Duration POLL = Duration.ofMillis(50);

    /** @param owner null for a visitor */
    private record Held(
            Path folder, LockFile file, @Nullable OwnerFile owner) {}

    private final String command;
    private final Consumer<String> warning;
    private final Duration patience;
    private final Duration beat;
    private final List<Held> all = new ArrayList<>();

    /**
     * A lock that holds no folder yet.
     *
     * @param command the command that needs the folders, such as {@code train}; messages of other processes name it
     * @param warning takes a message where locks do not reach every process
     */
    public FolderLock(String command, Consumer<String> warning) {
        this(command, warning, PATIENCE, BEAT);
    }

    /**
     * @param patience how long an owner that is ending may take
     * @param beat the time between two signs of life of an owner
     */
    FolderLock(String command, Consumer<String> warning, Duration patience, Duration beat) {
        this.command = command;
        this.warning = warning;
        this.patience = patience;
        this.beat = beat;
    }

    /**
     * Takes a folder for this process alone; does nothing where this process holds it already.
     *
     * @param wayOut the advice, other than to wait, in the message of a refusal
     * @throws InputException where another process owns or visits it, saying which
     */
    public void own(Path folder, String wayOut) {
        if (holds(folder)) {
            return;
        }
        Path file = folder.resolve(NAME);
        try {
            hold(folder, false, wayOut);
        } catch (IOException failure) {
            throw AtomicFile.cannotWrite(file, failure, "");
        }
    }

    /**
     * Takes a folder for this process alone where there is one: in a folder that is null or missing nobody writes.
     *
     * @throws InputException where another process owns or visits it, saying which
     */
    public void ownWhereThere(@Nullable Path folder, String wayOut) {
        if (folder != null && Files.isDirectory(folder)) {
            own(folder, wayOut);
        }
    }

    /**
     * Keeps owners out of a folder, as long as this lock is open; does nothing in a folder that no run has written to.
     *
     * @param wayOut the advice, other than to wait, in the message of a refusal
     * @throws InputException where another process owns it, saying which
     */
    public void visit(Path folder, String wayOut) {
        Path file = folder.resolve(NAME);
        if (holds(folder) || !(Files.exists(file) || new RunDirectory(folder).isUsed())) {
            return;
        }
        try {
            hold(folder, true, wayOut);
        } catch (IOException noPermission) {
            // Where nothing can be written, what is to be written says so.
        }
    }

    private boolean holds(Path folder) {
        RunDirectory directory = new RunDirectory(folder);
        return all.stream().anyMatch(held -> directory.isSame(new RunDirectory(held.folder)));
    }

    private void hold(Path folder, boolean shared, String wayOut) throws IOException {
        LockFile file = lock(folder, shared, wayOut);
        OwnerFile.delete(folder); // left by an owner that was killed
        all.add(new Held(folder, file, shared ? null : OwnerFile.begin(folder, command, beat)));
    }

    private LockFile lock(Path folder, boolean shared, String wayOut) throws IOException {
        Path path = folder.resolve(NAME);
        while (true) {
            boolean readable = shared && Files.exists(path) && !Files.isWritable(path); // another user's
            LockFile file = readable ? LockFile.openReadOnly(path) : LockFile.open(path);
            try {
                requireSilence(folder, lock(folder, file, shared, wayOut), wayOut);
                return file;
            } catch (NoSuchFileException goneMeanwhile) {
                file.close();
            } catch (IOException | InputException failure) {
                file.close();
                throw failure;
            }
        }
    }

    /**
     * Waits for the lock.
     *
     * @return true: the lock is taken; false: the file system has no locks
     * @throws InputException where another process has it
     */
    private boolean lock(Path folder, LockFile file, boolean shared, String wayOut) throws NoSuchFileException {
        try {
            if (!comes(() -> file.tryLock(shared), patience)) {
                throw inUse(folder, OwnerFile.read(folder), wayOut);
            }
            return true;
        } catch (NoSuchFileException gone) {
            throw gone;
        } catch (IOException noLocks) {
            if (!shared) {
                warning.accept(folder + ": its file system has no locks (" + noLocks.getMessage()
                        + "), and keeps two processes that begin there at once from nothing");
            }
            return false;
        }
    }

    /** Sees that no owner on another machine is alive: a lock that is taken tells of this machine alone. */
    private void requireSilence(Path folder, boolean locked, String wayOut) throws IOException {
        OwnerFile.Content last = OwnerFile.read(folder);
        if (last == null || (locked && last.isOfThisHost())) {
            return;
        }
        Duration silence = beat.multipliedBy(MISSING_BEATS);
        warning.accept(folder + ": " + last.owner() + " has not said that it ended; waiting " + silence.toSeconds()
                + " s for a sign of life");
        if (comes(() -> isAlive(folder, last), silence)) {
            throw inUse(folder, last, wayOut);
        }
    }

    private static boolean isAlive(Path folder, OwnerFile.Content before) {
        OwnerFile.Content now = OwnerFile.read(folder);
        return now != null && !now.equals(before);
    }

    private static InputException inUse(Path folder, OwnerFile.@Nullable Content owner, String wayOut) {
        return new InputException(
                folder + " is in use by " + (owner == null ? "another process that writes into it" : owner.owner())
                        + "; wait until that has ended, or " + wayOut);
    }

    private interface Question {
        boolean ask() throws IOException;
    }

    /** Tells whether the answer becomes yes before the time is over. */
    private static boolean comes(Question question, Duration time) throws IOException {
        long end = System.nanoTime() + time.toNanos();
        while (!question.ask()) {
            if (System.nanoTime() > end || Thread.currentThread().isInterrupted()) {
                return false;
            }
            try {
                Thread.sleep(POLL.toMillis());
            } catch (InterruptedException now) {
                Thread.currentThread().interrupt();
            }
        }
        return true;
    }

    /** Lets go of all folders. */
    @Override
    public void close() {
        for (Held held : all) {
            if (held.owner != null) {
                held.owner.close();
            }
            try (LockFile file = held.file) {
                file.delete();
            } catch (IOException lost) {
                // The process's end gives it back at the latest.
            }
        }
        all.clear();
    }
}
