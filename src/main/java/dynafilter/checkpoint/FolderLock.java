package dynafilter.checkpoint;

import dynafilter.runtime.InputException;
import dynafilter.runtime.ThisProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Keeps each folder of a run to one writer. Whoever trains in a folder owns it; whoever adds a file to it, such as a report,
 * visits it: several may at once, but not beside an owner. Readers ask nobody: files are replaced as a whole.
 *
 * <p>It is the operating system's lock of the file {@link #NAME} in the folder, and so ends with the process, however that
 * ends. The file says who has it, and stays: a process that deleted it could take it from one that has just opened it.
 */
public final class FolderLock implements AutoCloseable {
    /** The file in a folder that is locked. */
    public static final String NAME = ".lock";

    private static final Duration PATIENCE = Duration.ofSeconds(1); // a process that was killed may take a moment to go
    private static final long POLL_MILLISECONDS = 20;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");

    private record Held(Path folder, LockFile file) {}

    private final String command;
    private final Consumer<String> warning;
    private final Duration patience;
    private final List<Held> all = new ArrayList<>();

    /**
     * Holds nothing yet.
     *
     * @param command what the folders are for, such as {@code train}: others are told
     * @param warning hears that a folder cannot be locked
     */
    public FolderLock(String command, Consumer<String> warning) {
        this(command, warning, PATIENCE);
    }

    FolderLock(String command, Consumer<String> warning, Duration patience) {
        this.command = command;
        this.warning = warning;
        this.patience = patience;
    }

    /**
     * Makes a folder this process's alone, unless it is already.
     *
     * @param wayOut for the message: what else to do than to wait
     * @throws InputException where another process owns or visits it, saying which
     */
    public void own(Path folder, String wayOut) {
        if (holds(folder)) {
            return;
        }
        Path file = folder.resolve(NAME);
        try {
            hold(folder, LockFile.open(file), false, wayOut);
        } catch (IOException failure) {
            throw AtomicFile.cannotWrite(file, failure, "");
        }
    }

    /** The same of a folder that may be null or missing: nobody writes there. */
    public void ownWhereThere(Path folder, String wayOut) {
        if (folder != null && Files.isDirectory(folder)) {
            own(folder, wayOut);
        }
    }

    /**
     * Keeps owners out of a folder; of one in which no run has written nobody needs to be kept out.
     *
     * @param wayOut for the message: what else to do than to wait
     * @throws InputException where another process owns it, saying which
     */
    public void visit(Path folder, String wayOut) {
        Path file = folder.resolve(NAME);
        if (holds(folder) || !(Files.exists(file) || new RunDirectory(folder).isUsed())) {
            return;
        }
        try {
            boolean readable = Files.exists(file) && !Files.isWritable(file); // another user's
            hold(folder, readable ? LockFile.openReadOnly(file) : LockFile.open(file), true, wayOut);
        } catch (IOException noPermission) {
            // Where nothing can be written, what is to be written says so.
        }
    }

    private boolean holds(Path folder) {
        RunDirectory directory = new RunDirectory(folder);
        return all.stream().anyMatch(held -> directory.isSame(new RunDirectory(held.folder)));
    }

    private void hold(Path folder, LockFile file, boolean shared, String wayOut) throws IOException {
        try {
            if (!await(folder, file, shared)) {
                String owner = file.text();
                throw new InputException(folder + " is in use by " + (owner.isEmpty() ? "another process" : owner)
                        + "; wait until that has ended, or " + wayOut);
            }
        } catch (IOException | InputException failure) {
            file.close();
            throw failure;
        }
        all.add(new Held(folder, file));
        name(
                file,
                ThisProcess.describe() + " (" + command + ", since "
                        + LocalDateTime.now(ZoneId.systemDefault()).format(TIME) + ")");
    }

    /** Only for messages: a full disk does not matter. */
    private static void name(LockFile file, String owner) {
        try {
            file.write(owner);
        } catch (IOException full) {
            // Others are told of another process, without its name.
        }
    }

    private boolean await(Path folder, LockFile file, boolean shared) throws IOException {
        long end = System.nanoTime() + patience.toNanos();
        while (!isLocked(folder, file, shared)) {
            if (System.nanoTime() > end || Thread.currentThread().isInterrupted()) {
                return false;
            }
            try {
                Thread.sleep(POLL_MILLISECONDS);
            } catch (InterruptedException now) {
                Thread.currentThread().interrupt();
            }
        }
        return true;
    }

    /** Where there are no locks nothing can be kept out, and the run goes on all the same. */
    private boolean isLocked(Path folder, LockFile file, boolean shared) throws IOException {
        try {
            return file.tryLock(shared);
        } catch (IOException noLocks) {
            if (!shared) {
                String last = file.text();
                warning.accept(folder + ": its file system has no locks (" + noLocks.getMessage()
                        + "): nothing keeps a second process from writing there"
                        + (last.isEmpty() ? "" : "; it may be in use by " + last));
            }
            return true;
        }
    }

    /** Lets go of all folders. */
    @Override
    public void close() {
        for (Held held : all) {
            name(held.file, "");
            try {
                held.file.close();
            } catch (IOException lost) {
                // The process's end gives it back at the latest.
            }
        }
        all.clear();
    }
}
