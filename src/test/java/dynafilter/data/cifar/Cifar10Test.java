package dynafilter.data.cifar;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dynafilter.data.DataSet;
import dynafilter.data.ImagePlace;
import dynafilter.io.InputException;
import dynafilter.runtime.TensorBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Cifar10Test {
    @TempDir
    Path temp;

    private String refusal(Path folder) {
        return assertThrows(InputException.class, () -> Cifar10.read(folder))
                .getMessage()
                .replace(temp.toString(), "TEMP");
    }

    @Test
    void readsImagesAndLabelsInFileOrder() throws IOException {
        try (DataSet data = Cifar10.read(CifarFiles.folder(temp))) {
            assertEquals("CIFAR-10", data.name());
            assertEquals(Cifar10.CLASSES, data.classes());
            assertArrayEquals(new long[] {5, 3, 32, 32}, data.train().images().shape());
            assertArrayEquals(new long[] {3, 4, 5, 9, 0}, data.train().labelArray());
            assertArrayEquals(new long[] {8}, data.test().labelArray());
            byte[] second =
                    Arrays.copyOfRange(CifarFiles.records(2, 9, 0), CifarFiles.RECORD + 1, 2 * CifarFiles.RECORD);
            byte[] train = TensorBytes.bytes(data.train().images());
            assertArrayEquals(second, Arrays.copyOfRange(train, 4 * 3072, 5 * 3072));
            assertEquals(
                    CifarFiles.pixel(7, 0, 3071), TensorBytes.bytes(data.test().images())[3071]);
        }
    }

    @Test
    void everyImageKnowsItsFileAndItsPlaceInIt() throws IOException {
        try (DataSet data = Cifar10.read(CifarFiles.folder(temp))) {
            for (int image = 0; image < data.train().size(); image++) {
                ImagePlace place = data.train().places().of(image);
                byte[] file = Files.readAllBytes(Path.of(place.file()));
                int at = (int) place.index() * CifarFiles.RECORD;
                assertEquals(data.train().labelArray()[image], file[at]);
                assertArrayEquals(
                        Arrays.copyOfRange(file, at + 1, at + CifarFiles.RECORD),
                        data.train().pixels(image));
            }
            assertThrows(
                    IndexOutOfBoundsException.class, () -> data.train().places().of(5));
        }
    }

    @Test
    void hashFollowsContentAndNotFileNames() throws IOException {
        Path first = CifarFiles.folder(temp.resolve("first"));
        Path renamed = CifarFiles.folder(temp.resolve("renamed"));
        Files.move(renamed.resolve("data_batch_2.bin"), renamed.resolve("data_batch_5.bin"));
        Path other = CifarFiles.folder(temp.resolve("other"));
        Files.write(other.resolve("test_batch.bin"), CifarFiles.records(8, 8));
        try (DataSet a = Cifar10.read(first);
                DataSet b = Cifar10.read(renamed);
                DataSet c = Cifar10.read(other)) {
            assertEquals(64, a.sha256().length());
            assertEquals(a.sha256(), b.sha256());
            assertNotEquals(a.sha256(), c.sha256());
        }
    }

    @Test
    void classNamesComeFromTheMetaFile() throws IOException {
        CifarFiles.folder(temp);
        Files.writeString(temp.resolve("batches.meta.txt"), "p\r\nq\nr\ns\nt\nu\nv\nw\nx\ny\n\n\n");
        try (DataSet data = Cifar10.read(temp)) {
            assertEquals(List.of("p", "q", "r", "s", "t", "u", "v", "w", "x", "y"), data.classes());
        }
    }

    @Test
    void metaFileWithoutTenNamesIsRefused() throws IOException {
        CifarFiles.folder(temp);
        Files.writeString(temp.resolve("batches.meta.txt"), "p\nq\n");
        assertEquals(
                "TEMP/batches.meta.txt does not name ten different classes, one a line (2 lines): mend it, or remove it"
                        + " to use CIFAR-10's own names",
                refusal(temp));
    }

    @Test
    void truncatedFileIsNamedWithItsSize() throws IOException {
        CifarFiles.folder(temp);
        Files.write(temp.resolve("data_batch_3.bin"), new byte[4000]);
        assertEquals(
                "TEMP/data_batch_3.bin is truncated: 4,000 bytes is not a whole number of 3,073-byte records; download it"
                        + " again with `dynafilter data download`",
                refusal(temp));
    }

    @Test
    void emptyFileIsNamed() throws IOException {
        CifarFiles.folder(temp);
        Files.write(temp.resolve("test_batch.bin"), new byte[0]);
        assertEquals("TEMP/test_batch.bin is empty: download it again with `dynafilter data download`", refusal(temp));
    }

    @Test
    void wrongLabelIsNamedWithItsRecord() throws IOException {
        CifarFiles.folder(temp);
        Files.write(temp.resolve("data_batch_2.bin"), CifarFiles.records(0, 9, 10));
        assertEquals(
                "TEMP/data_batch_2.bin is damaged: record 2 has label 10, not 0 to 9; download it again with `dynafilter"
                        + " data download`",
                refusal(temp));
        Files.write(temp.resolve("data_batch_2.bin"), CifarFiles.records(0, 255));
        assertEquals(
                "TEMP/data_batch_2.bin is damaged: record 1 has label 255, not 0 to 9; download it again with `dynafilter"
                        + " data download`",
                refusal(temp));
    }

    @Test
    void folderInPlaceOfAFileIsNamed() throws IOException {
        CifarFiles.folder(temp);
        Files.createDirectory(temp.resolve("data_batch_4.bin"));
        assertEquals(
                "TEMP/data_batch_4.bin is not a file: it should be one of CIFAR-10's binary files; download them again"
                        + " with `dynafilter data download`",
                refusal(temp));
    }

    @Test
    void missingFolderAndFileInPlaceOfFolder() throws IOException {
        assertEquals(
                "data folder TEMP/none does not exist: name a folder with --data DIR, fetch the binary version with"
                        + " `dynafilter data download`, or use --data sample",
                refusal(temp.resolve("none")));
        Path file = Files.createFile(temp.resolve("data_batch_1.bin"));
        assertEquals(
                "TEMP/data_batch_1.bin is a file, not a folder: give the folder that holds CIFAR-10's data_batch_1.bin"
                        + " and test_batch.bin",
                refusal(file));
        Path archive = Files.createFile(temp.resolve("cifar-10-binary.tar.gz"));
        assertEquals(
                "TEMP/cifar-10-binary.tar.gz is a file, not a folder: unpack it with `tar xzf`, and give the folder that"
                        + " holds its .bin files",
                refusal(archive));
    }

    @Test
    void emptyFolder() {
        assertEquals(
                "data folder TEMP is empty: fetch the binary version with `dynafilter data download`", refusal(temp));
    }

    @Test
    void missingTrainingOrTestFiles() throws IOException {
        Files.write(temp.resolve("test_batch.bin"), CifarFiles.records(0, 1));
        assertEquals(
                "TEMP has no data_batch_1.bin to data_batch_5.bin: fetch the binary version with `dynafilter data"
                        + " download`, or copy what is missing there",
                refusal(temp));
        Files.move(temp.resolve("test_batch.bin"), temp.resolve("data_batch_5.bin"));
        assertEquals(
                "TEMP has no test_batch.bin: fetch the binary version with `dynafilter data download`, or copy what is"
                        + " missing there",
                refusal(temp));
    }

    @Test
    void pythonVersionIsRecognised() throws IOException {
        Files.createFile(temp.resolve("data_batch_1"));
        assertEquals(
                "TEMP holds CIFAR-10's Python version (data_batch_1 without .bin): fetch the binary version with"
                        + " `dynafilter data download`",
                refusal(temp));
    }

    @Test
    void archiveAndInnerFolderAreRecognised() throws IOException {
        Files.createFile(temp.resolve("cifar-10-binary.tar.gz"));
        assertEquals(
                "TEMP has no CIFAR-10 .bin files, but cifar-10-binary.tar.gz: unpack it with `tar xzf`, and give the"
                        + " folder that holds its .bin files",
                refusal(temp));
        CifarFiles.folder(temp.resolve("inner"));
        assertEquals("TEMP has no CIFAR-10 .bin files, but TEMP/inner has: use --data TEMP/inner", refusal(temp));
    }

    @Test
    void otherFolderIsNamedWithWhatItHolds() throws IOException {
        for (String name : List.of("a", "b", "c", "d", "e", "f", "g")) {
            Files.createFile(temp.resolve(name));
        }
        assertEquals(
                "TEMP has no CIFAR-10 .bin files; it holds a, b, c, d, e and 2 more: give another folder with --data DIR,"
                        + " or fetch the binary version with `dynafilter data download`",
                refusal(temp));
    }
}
