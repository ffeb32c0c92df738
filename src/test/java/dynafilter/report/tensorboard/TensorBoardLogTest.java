package dynafilter.report.tensorboard;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.data.device.DataMemory;
import dynafilter.runfolder.EpochResult;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.RunDirectory;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import dynafilter.train.TrainingData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class TensorBoardLogTest {
    private static final EpochResult RESULT = new EpochResult(1, 4, 0.1, 2, 0.2, 2, 0.2, true, 1, 100);
    private static final TrainingData NO_IMAGES =
            new TrainingData(null, null, null, List.of(), "", null, DataMemory.AUTO, false, new NativeOwner());

    @TempDir
    private Path folder;

    private final List<String> warnings = new ArrayList<>();

    private TensorBoardLog log() {
        return new TensorBoardLog(
                new RunDirectory(folder), Recipe.DEFAULT, NO_IMAGES, ComputeDevice.CPU, warnings::add);
    }

    @Test
    void writesNothingBeforeItIsOpened() {
        try (TensorBoardLog log = log()) {
            log.epochEvaluated(RESULT, null);
            log.finished(4, null);
        }
        assertEquals(List.of(), new RunDirectory(folder).eventFiles());
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aFullDiskIsOneWarningAndTheEndOfTheLog() throws IOException {
        try (TensorBoardLog log = log()) {
            log.open(new EventFile(Path.of("/dev/full")), 0);
            log.epochEvaluated(RESULT, null);
            log.finished(4, null);
        }
        assertEquals(1, warnings.size(), warnings.toString());
        assertTrue(warnings.get(0).startsWith("cannot write /dev/full: the disk is full"), warnings.toString());
        assertTrue(warnings.get(0).contains("; the run goes on without TensorBoard; "), warnings.toString());
    }
}
