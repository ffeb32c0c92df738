package dynafilter.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dynafilter.data.cifar.Cifar10;
import dynafilter.data.cifar.CifarFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataSummaryTest {
    @Test
    void countsClassesAndChannels(@TempDir Path temp) throws IOException {
        byte[] pixels = CifarFiles.records(0, 1, 1);
        Arrays.fill(pixels, 1, 1025, (byte) 255); // red: all 255 in the first image, 0 in the second
        Arrays.fill(pixels, 3073 + 1, 3073 + 1025, (byte) 0);
        Arrays.fill(pixels, 1025, 2049, (byte) 51); // green: 51 in both
        Arrays.fill(pixels, 3073 + 1025, 3073 + 2049, (byte) 51);
        CifarFiles.folder(temp);
        Files.write(temp.resolve("test_batch.bin"), pixels);
        try (DataSet data = Cifar10.read(temp)) {
            DataSummary summary = DataSummary.of(data);
            assertEquals(5, summary.train().images());
            assertEquals(
                    List.of(1L, 0L, 0L, 1L, 1L, 1L, 0L, 0L, 0L, 1L),
                    summary.train().perClass());
            assertEquals(
                    List.of(0L, 2L, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L),
                    summary.test().perClass());
            assertEquals(0.5, summary.test().mean().get(0), 1e-12);
            assertEquals(0.5, summary.test().std().get(0), 1e-12);
            assertEquals(0.2, summary.test().mean().get(1), 1e-12);
            assertEquals(0, summary.test().std().get(1), 1e-12);
            assertEquals(data.sha256(), summary.sha256());
        }
    }
}
