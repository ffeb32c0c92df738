package dynafilter.runfolder;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.io.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunDirectoryTest {
    @TempDir
    private Path folder;

    private RunDirectory run;

    @BeforeEach
    void nameRun() {
        run = new RunDirectory(folder.resolve("runs").resolve("first"));
    }

    private void fill(String... names) throws IOException {
        run.makeWritable();
        for (String name : names) {
            Files.writeString(run.path().resolve(name), name);
        }
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(run.path())) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void isMadeWithItsParentsAndLeftEmpty() throws IOException {
        run.makeWritable();
        assertEquals(List.of(), files());
        assertFalse(run.isUsed());
        assertDoesNotThrow(run::requireUnused);
    }

    @Test
    void isUsedWhereARunHasWrittenAnything() throws IOException {
        for (String name : List.of("best.pt", "last.pt", "config.json", "history.csv", "train.log", "model.ts.pt")) {
            fill(name);
            assertTrue(run.isUsed(), name);
            String message =
                    assertThrows(InputException.class, run::requireUnused).getMessage();
            assertEquals(
                    "--out " + run.path() + " holds a run; continue it with --resume " + run.path()
                            + ", replace it with --overwrite, or name another folder",
                    message);
            run.clear();
        }
    }

    @Test
    void otherFilesAreNoRunAndStay() throws IOException {
        fill("notes.txt", "last.pt");
        run.clear();
        assertEquals(List.of("notes.txt"), files());
        assertFalse(run.isUsed());
    }

    @Test
    void aFileInTheWayIsNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        String message = assertThrows(InputException.class, () -> new RunDirectory(file.resolve("run")).makeWritable())
                .getMessage();
        assertTrue(message.startsWith("cannot write to --out " + file.resolve("run")), message);
        assertTrue(message.endsWith("name another folder with --out"), message);
    }

    @Test
    void resumeTakesLastBestAFolderOrAFile() throws IOException {
        fill("last.pt", "best.pt");
        assertEquals(run.last(), Runs.checkpointFor("last", run.path()));
        assertEquals(run.best(), Runs.checkpointFor("best", run.path()));
        assertEquals(run.last(), Runs.checkpointFor(run.path().toString(), null));
        assertEquals(run.best(), Runs.checkpointFor(run.best().toString(), null));
        assertEquals(run.path().toAbsolutePath(), RunDirectory.of(run.best()).path());
    }

    @Test
    void resumeNamesTheCheckpointThatIsMissing() throws IOException {
        fill("last.pt");
        for (String what : List.of("best", run.path().resolve("other.pt").toString(), folder.toString())) {
            String message = assertThrows(InputException.class, () -> Runs.checkpointFor(what, run.path()))
                    .getMessage();
            assertTrue(message.startsWith("--resume " + what + ": there is no checkpoint "), message);
            assertTrue(message.contains(".pt; give last, best, a run's folder or a checkpoint file"), message);
        }
    }
}
