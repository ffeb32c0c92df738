package dynafilter.data.source;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dynafilter.data.DataSet;
import dynafilter.data.cifar.CifarFiles;
import dynafilter.io.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataSourceTest {
    @Test
    void opensSampleByNameAndFoldersByPath(@TempDir Path temp) throws IOException {
        try (DataSet sample = DataSource.open("sample");
                DataSet folder = DataSource.open(CifarFiles.folder(temp).toString())) {
            assertEquals("sample", sample.name());
            assertEquals("CIFAR-10", folder.name());
        }
    }

    @Test
    void missingDefaultFolderNamesTheThreeWaysOut() {
        assumeFalse(Files.exists(Path.of(DataSource.DEFAULT)));
        assertEquals(
                "CIFAR-10 is not at data/cifar-10-batches-bin: fetch it with `dynafilter data download`, name a folder"
                        + " that holds it with --data DIR, or use the generated set with --data sample",
                assertThrows(InputException.class, () -> DataSource.open("./data/cifar-10-batches-bin/"))
                        .getMessage());
    }

    @Test
    void emptyOrImpossiblePath() {
        assertEquals(
                "--data is empty: name a folder, or use --data sample",
                assertThrows(InputException.class, () -> DataSource.open(" ")).getMessage());
        assertEquals(
                "--data a\0b is not a path; name a folder, or use --data sample",
                assertThrows(InputException.class, () -> DataSource.open("a\0b"))
                        .getMessage());
    }
}
