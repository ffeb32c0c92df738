package dynafilter.io;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void writeOldFile() throws IOException {
        file = folder.resolve("last.pt");
        Files.writeString(file, "old");
    }

    @Test
    void replacesTheFile() throws IOException {
        write("new");
        assertHolds("new");
    }

    @Test
    void theOldFileIsWholeUntilTheNewOneIs() {
        AtomicFile.write(file, out -> {
            out.write(new byte[1 << 20]);
            out.flush();
            assertEquals("old", Files.readString(file));
        });
        assertEquals(1 << 20, file.toFile().length());
    }

    @Test
    void aFailureHalfWayKeepsTheOldFileAndLeavesNothingElse() throws IOException {
        IllegalStateException thrown = new IllegalStateException("a bug");
        assertEquals(
                thrown,
                assertThrows(
                        IllegalStateException.class,
                        () -> AtomicFile.write(file, out -> {
                            out.write(new byte[1 << 20]);
                            throw thrown;
                        })));
        assertHolds("old");
    }

    @Test
    void aFullDiskIsSaidToBeOne() throws IOException {
        String message = assertThrows(
                        OutputException.class,
                        () -> AtomicFile.write(file, out -> {
                            out.write(new byte[1 << 20]);
                            throw new IOException("No space left on device");
                        }))
                .getMessage();
        assertEquals(
                "cannot write " + file
                        + ": the disk is full (No space left on device); the file that was there is kept;"
                        + " free some space or choose another folder",
                message);
        assertHolds("old");
    }

    @Test
    void aDeviceIsWrittenToDirectly() {
        Path full = Path.of("/dev/full");
        assumeTrue(Files.exists(full), "there is no /dev/full here");
        String message = assertThrows(
                        OutputException.class, () -> AtomicFile.write(full, out -> out.write(new byte[10])))
                .getMessage();
        assertTrue(message.startsWith("cannot write /dev/full: the disk is full"), message);
        assertTrue(Files.exists(full));
    }

    @Test
    void anInterruptDoesNotCutAFileShort() throws IOException {
        Thread.currentThread().interrupt();
        try {
            write("new");
        } finally {
            assertTrue(Thread.interrupted());
        }
        assertHolds("new");
    }

    @Test
    void aMissingFolderIsNamed() {
        Path lost = folder.resolve("none").resolve("a.json");
        String message = assertThrows(OutputException.class, () -> AtomicFile.write(lost, out -> {}))
                .getMessage();
        assertEquals(
                "cannot write " + lost + ": the folder " + lost.getParent()
                        + " does not exist; create it or choose another",
                message);
        assertThrows(InputException.class, () -> AtomicFile.write(folder, out -> {}));
    }

    @Test
    void aSymbolicLinkStays() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link.pt"), file);
        AtomicFile.write(link, out -> out.write("new".getBytes(UTF_8)));
        assertTrue(Files.isSymbolicLink(link));
        assertEquals("new", Files.readString(file));
    }

    @Test
    void whatKilledRunsLeftIsRemovedInTime() throws IOException {
        Path abandoned = Files.writeString(folder.resolve(".last.pt.1234.tmp"), "half");
        Path recent = Files.writeString(folder.resolve(".last.pt.5678.tmp"), "half");
        Files.setLastModifiedTime(abandoned, FileTime.from(Instant.now().minusSeconds(7200)));
        write("new");
        assertFalse(Files.exists(abandoned));
        assertTrue(Files.exists(recent));
    }

    @Test
    void everyoneMayReadWhatTheyMayReadOtherwise() throws IOException {
        assumeTrue(
                Files.getFileStore(folder).supportsFileAttributeView("posix"), "there are no POSIX permissions here");
        write("new");
        Path other = Files.createFile(folder.resolve("other"));
        assertEquals(Files.getPosixFilePermissions(other), Files.getPosixFilePermissions(file));
    }

    private void write(String text) {
        AtomicFile.write(file, out -> out.write(text.getBytes(UTF_8)));
    }

    private void assertHolds(String text) throws IOException {
        assertEquals(text, Files.readString(file));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(file), files.toList());
        }
    }
}
