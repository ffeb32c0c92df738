package dynafilter.torchfile;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.io.InputException;
import dynafilter.runtime.ComputeDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A whole file of another format is called what it is, not damaged. */
class ForeignFormatTest {
    @TempDir
    private Path folder;

    private static void assertCalled(Path file, String what) {
        String message = assertThrows(InputException.class, () -> TrainedNetwork.read(file, ComputeDevice.CPU))
                .getMessage();
        assertTrue(message.startsWith(file + " " + what), message);
        assertTrue(!message.contains("damaged"), message);
    }

    static Stream<Arguments> heads() {
        return Stream.of(
                arguments("version https://git-lfs.github.com/spec/v1", "is a pointer of Git LFS"),
                arguments("\u0089HDF\r\n\u001a\n", "is an HDF5 file"),
                arguments("\u001f\u008b\u0008", "is compressed by gzip"),
                arguments("\u0093NUMPY\u0001", "is an array of NumPy"),
                arguments(
                        "\u0080\u0002}q\0.",
                        "is not a file that torch.save wrote: its magic number is another, as of a"),
                arguments("....ET12", "is a program of ExecuTorch"),
                arguments("x.pth" + "\0".repeat(252) + "ustar  ", "is a tar archive; unpack it first"));
    }

    @ParameterizedTest
    @MethodSource("heads")
    void byItsFirstBytes(String head, String what) throws IOException {
        assertCalled(Files.write(folder.resolve("x.pt"), head.getBytes(ISO_8859_1)), what);
    }

    /** Also where the length of its header begins as a pickle does. */
    @ParameterizedTest
    @ValueSource(strings = {"\u0002\0\0\0\0\0\0\0{}", "\u0080\0\0\0\0\0\0\0{}"})
    void safetensorsAreWeightsAlone(String head) throws IOException {
        Path file = Files.write(folder.resolve("x.pt"), head.getBytes(ISO_8859_1));
        String message =
                assertThrows(InputException.class, () -> TorchFile.read(file)).getMessage();
        assertTrue(message.startsWith(file + " holds safetensors, which are weights alone, and a checkpoint"), message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "net/archive_format               | is a program of torch.export (.pt2), which is not read here; make TorchScript",
                "serialized_exported_program.json | is a program of torch.export (.pt2)",
                "net/data/aotinductor/model/a.so  | is compiled by AOTInductor",
                "net/.data/extern_modules         | is a torch.package",
                "MAR-INF/MANIFEST.json            | is an archive of TorchServe",
                "runs/best.pth                    | is a zip file that holds runs/best.pth; unpack it",
                "conv1.weight.npy                 | is a zip file that holds conv1.weight.npy",
                "notes.txt                        | is a zip file without data.pkl"
            })
    void byTheNamesInItsZipFile(String record, String what) throws IOException {
        Path file = folder.resolve("x.pt");
        new ZipBytes().record(record, new byte[1]).write(file);
        String message =
                assertThrows(InputException.class, () -> TorchFile.read(file)).getMessage();
        assertTrue(message.startsWith(file + " " + what), message);
    }
}
