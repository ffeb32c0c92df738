package dynafilter.runfolder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HistoryTest {
    private static final String HEADER =
            "epoch,step,learning_rate,train_loss,train_accuracy,loss,accuracy,best,seconds,images_per_second";

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void nameFile() {
        file = folder.resolve("history.csv");
    }

    private static EpochResult epoch(int number) {
        return new EpochResult(number, number * 10L, 0.1, 1.5, 0.25, 1.25, 0.5, number == 1, 12.3456, 100.04);
    }

    @Test
    void hasARowAnEpochUnderAHeader() throws IOException {
        History history = new History(file);
        assertFalse(Files.exists(file));
        history.add(epoch(1));
        history.add(epoch(2));
        assertEquals(
                List.of(
                        HEADER,
                        "1,10,0.10000000,1.500000,0.250000,1.250000,0.500000,1,12.346,100.0",
                        "2,20,0.10000000,1.500000,0.250000,1.250000,0.500000,0,12.346,100.0"),
                Files.readAllLines(file));
    }

    @Test
    void isWrittenWithPointsInEveryLocale() throws IOException {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.GERMANY);
            new History(file).add(epoch(1));
        } finally {
            Locale.setDefault(before);
        }
        assertTrue(Files.readString(file).contains("1,10,0.10000000,1.500000"));
    }

    @Test
    void isReadAsItWasWritten() {
        assertEquals(List.of(), History.read(file));
        History history = new History(file);
        history.add(epoch(1));
        history.add(epoch(2));
        EpochResult second = History.read(file).get(1);
        assertEquals(new EpochResult(2, 20, 0.1, 1.5, 0.25, 1.25, 0.5, false, 12.346, 100.0), second);
    }

    @Test
    void keepsTheRowsOfFinishedEpochsOnResume() throws IOException {
        History first = new History(file);
        for (int number = 1; number <= 3; number++) {
            first.add(epoch(number));
        }
        List<String> before = Files.readAllLines(file);
        History resumed = new History(file);
        resumed.keep(2); // from the best checkpoint, one epoch back
        resumed.add(epoch(3));
        resumed.add(epoch(4));
        List<String> after = Files.readAllLines(file);
        assertEquals(before, after.subList(0, 4));
        assertEquals(5, after.size());
    }

    @Test
    void resumedInAnotherFolderItStartsWithTheNextEpoch() throws IOException {
        History history = new History(file);
        history.keep(5);
        history.add(epoch(6));
        assertEquals(2, Files.readAllLines(file).size());
    }

    @Test
    void rowsThatAreMissingAreNotMadeUpForByLaterOnes() throws IOException {
        History begun = new History(file); // of a run that went on from a checkpoint alone
        for (int number = 6; number <= 8; number++) {
            begun.add(epoch(number));
        }
        List<String> before = Files.readAllLines(file);
        History resumed = new History(file);
        resumed.keep(6);
        resumed.add(epoch(7));
        assertEquals(before.subList(0, 3), Files.readAllLines(file));
    }
}
