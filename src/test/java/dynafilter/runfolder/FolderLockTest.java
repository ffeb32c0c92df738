package dynafilter.runfolder;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.Python;
import dynafilter.io.InputException;
import dynafilter.io.LockFile;
import dynafilter.io.ThisProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Locks as another program sees them, which asks the operating system in its own way. */
@DisabledOnOs(OS.WINDOWS)
class FolderLockTest {
    private static final Duration BEAT = Duration.ofMillis(400);
    private static final String WAY_OUT = "go elsewhere";

    /** Takes the byte that is locked, says whether it has it, and keeps it until it is killed. */
    private static final String TAKE = """
            import fcntl, sys
            file = open(sys.argv[1], "a+b")
            try:
                fcntl.lockf(file, {"own": fcntl.LOCK_EX, "visit": fcntl.LOCK_SH}[sys.argv[2]] | fcntl.LOCK_NB, 1)
            except OSError:
                print("refused", flush=True)
            else:
                print("taken", flush=True)
                sys.stdin.read()
            """;

    @TempDir
    private Path folder;

    private final List<String> warnings = new ArrayList<>();

    @BeforeEach
    void makeRun() throws IOException {
        Files.createFile(folder.resolve("last.pt"));
    }

    private FolderLock lock() {
        return new FolderLock("train", warnings::add, Duration.ofMillis(300), BEAT);
    }

    /** Another process that has tried to lock the folder's file. */
    private final class Other implements AutoCloseable {
        private final Process process;
        private final String outcome;

        Other(String how) throws IOException {
            process = new ProcessBuilder(
                            Python.withoutTorch().executable(),
                            "-c",
                            TAKE,
                            folder.resolve(FolderLock.NAME).toString(),
                            how)
                    .start();
            BufferedReader out = process.inputReader();
            outcome = out.readLine();
        }

        @Override
        public void close() {
            process.destroyForcibly();
            process.onExit().join(); // its lock goes with it
        }
    }

    private String outcomeOfAnother(String how) throws IOException {
        try (Other other = new Other(how)) {
            return other.outcome;
        }
    }

    private static String refusal(Runnable taking) {
        return assertThrows(InputException.class, taking::run).getMessage();
    }

    @Test
    void anOwnerKeepsAllOthersOutUntilItIsDone() throws IOException {
        try (FolderLock lock = lock()) {
            lock.own(folder, WAY_OUT);
            lock.own(folder.resolve("."), WAY_OUT); // is its own
            assertEquals("refused", outcomeOfAnother("own"));
            assertEquals("refused", outcomeOfAnother("visit"));
            OwnerFile.Content owner = OwnerFile.read(folder);
            assertTrue(
                    owner.owner().matches(ThisProcess.describe() + " \\(train, since [-: 0-9]+\\)"), owner::toString);
        }
        assertEquals("taken", outcomeOfAnother("own"));
        assertNull(OwnerFile.read(folder));
        assertEquals(List.of(), warnings);
    }

    /** As long every time, in place. */
    private void writeOwner(String host, int beat) throws IOException {
        String text = String.format("process 7 on %1$s (train, since\t12:00)%n%1$s%n%2$010d%n", host, beat);
        Files.write(
                folder.resolve(OwnerFile.NAME),
                text.getBytes(UTF_8),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
    }

    private String told(String host) {
        return folder + " is in use by process 7 on " + host
                + " (train, since 12:00); wait until that has ended, or go elsewhere";
    }

    @Test
    void isToldWhoOwnsTheFolderAndGetsItWhenThatIsKilled() throws IOException {
        Files.createFile(folder.resolve(FolderLock.NAME));
        writeOwner(ThisProcess.host(), 0);
        try (Other other = new Other("own");
                FolderLock lock = lock()) {
            assertEquals("taken", other.outcome);
            assertEquals(told(ThisProcess.host()), refusal(() -> lock.own(folder, WAY_OUT)));
            assertEquals(told(ThisProcess.host()), refusal(() -> lock.visit(folder, WAY_OUT)));
            OwnerFile.delete(folder);
            assertTrue(refusal(() -> lock.own(folder, WAY_OUT)).contains("in use by another process that writes"));
            writeOwner(ThisProcess.host(), 0);
            other.close();
            lock.own(folder, WAY_OUT);
            assertEquals("refused", outcomeOfAnother("own"));
        }
        assertEquals(List.of(), warnings);
    }

    /** As on a file system whose locks do not reach it. */
    @Test
    void anOwnerOnAnotherMachineIsKnownByASignOfLife() throws IOException, InterruptedException {
        writeOwner("node-b", 0);
        Thread owner = new Thread(() -> {
            try {
                for (int beat = 1; ; beat++) {
                    Thread.sleep(100);
                    writeOwner("node-b", beat);
                }
            } catch (IOException | InterruptedException killed) {
                Thread.currentThread().interrupt();
            }
        });
        owner.start();
        try (FolderLock lock = lock()) {
            assertEquals(told("node-b"), refusal(() -> lock.own(folder, WAY_OUT)));
            assertEquals(told("node-b"), refusal(() -> lock.visit(folder, WAY_OUT)));
            assertTrue(warnings.get(0).contains("process 7 on node-b (train, since 12:00) has not said that it ended"));
            owner.interrupt();
            owner.join();
            lock.own(folder, WAY_OUT);
            assertTrue(OwnerFile.read(folder).isOfThisHost());
        }
    }

    @Test
    void anOwnerShowsAgainAndAgainThatItLives() throws InterruptedException {
        try (FolderLock lock = lock()) {
            lock.own(folder, WAY_OUT);
            OwnerFile.Content first = OwnerFile.read(folder);
            Thread.sleep(2 * BEAT.toMillis());
            assertNotEquals(first.beat(), OwnerFile.read(folder).beat());
        }
    }

    @Test
    void visitorsShareAFolderAndKeepOwnersOut() throws IOException {
        try (FolderLock lock = lock()) {
            lock.visit(folder, WAY_OUT);
            lock.visit(folder, WAY_OUT); // a second file in it
            assertEquals("taken", outcomeOfAnother("visit"));
            assertEquals("refused", outcomeOfAnother("own"));
        }
        try (Other other = new Other("visit");
                FolderLock lock = lock()) {
            assertEquals("taken", other.outcome);
            lock.visit(folder, WAY_OUT);
        }
    }

    /** POSIX would give up a process's lock with any handle of the file that it closes. */
    @Test
    void askingAgainInOneProcessCostsTheOwnerNothing() throws IOException {
        try (FolderLock lock = lock();
                FolderLock second = lock()) {
            lock.own(folder, WAY_OUT);
            assertTrue(refusal(() -> second.own(folder, WAY_OUT)).contains(" is in use by process "));
            System.gc();
            assertEquals("refused", outcomeOfAnother("own"));
        }
        assertEquals("taken", outcomeOfAnother("own"));
    }

    @Test
    void leavesNothingBehindThatOthersDoNotNeed() throws IOException {
        try (FolderLock lock = lock()) {
            lock.own(folder, WAY_OUT);
        }
        assertArrayEquals(new String[] {"last.pt"}, folder.toFile().list());
        try (FolderLock lock = lock()) {
            lock.visit(folder, WAY_OUT);
            try (Other other = new Other("visit")) {
                lock.close();
                assertEquals("refused", outcomeOfAnother("own"));
            }
            lock.visit(folder, WAY_OUT);
        }
        assertArrayEquals(new String[] {"last.pt"}, folder.toFile().list());
    }

    /** The file that an owner deletes at its end may have been opened before by one who waits for it. */
    @Test
    void aLockOfADeletedFileDoesNotCount() throws IOException {
        Path file = folder.resolve(FolderLock.NAME);
        try (LockFile waiting = LockFile.open(file)) {
            Files.delete(file);
            assertThrows(NoSuchFileException.class, () -> waiting.tryLock(false));
            Files.createFile(file);
            assertThrows(NoSuchFileException.class, () -> waiting.tryLock(true));
            try (LockFile second = LockFile.open(file)) {
                assertTrue(second.tryLock(false));
            }
        }
    }

    @Test
    void aFolderWithoutARunIsNotLocked() throws IOException {
        Path empty = Files.createDirectory(folder.resolve("empty"));
        try (FolderLock lock = lock()) {
            lock.visit(empty, WAY_OUT);
            lock.ownWhereThere(folder.resolve("missing"), WAY_OUT);
            lock.ownWhereThere(null, WAY_OUT);
        }
        assertFalse(Files.exists(empty.resolve(FolderLock.NAME)));
        assertFalse(Files.exists(folder.resolve("missing")));
    }
}
