package dynafilter.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.io.InputException;
import dynafilter.io.ProgressListener;
import dynafilter.model.ResNetArchitecture;
import dynafilter.runtime.ComputeDevice;
import dynafilter.torchfile.Samples;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are no backbone, without Python. */
class BackboneErrorsTest {
    @TempDir
    private Path folder;

    private static void assertRefused(Path file, String message) {
        String actual = assertThrows(
                        InputException.class, () -> BackboneFile.read(file, "layer1", 32, ComputeDevice.CPU))
                .getMessage();
        assertTrue(actual.contains(message), actual);
        assertTrue(actual.contains(file.toString()), actual);
    }

    @Test
    void aMissingFile() {
        assertRefused(
                folder.resolve("none.pt"),
                "none.pt does not exist; give a TorchScript or .pth file (scripts/export_resnet18.py");
    }

    @Test
    void aFolder() {
        assertRefused(folder, " is a folder; give a TorchScript or .pth file");
    }

    @Test
    void anEmptyFile() throws IOException {
        assertRefused(Files.createFile(folder.resolve("empty.pt")), "is empty");
    }

    @Test
    void aTextFile() throws IOException {
        assertRefused(
                Files.writeString(folder.resolve("notes.txt"), "resnet18"), "is not a file that torch.save wrote");
    }

    @Test
    void aZipThatOnlyLooksLikeTorchScript() throws IOException {
        Path file = folder.resolve("code.pt");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
            zip.putNextEntry(new ZipEntry("archive/code/__torch__.py"));
            zip.write(new byte[] {1, 2, 3});
        }
        assertRefused(file, "is damaged or incomplete: record version is missing");
    }

    @Test
    void aCheckpointOfSomethingElse() {
        Path file = folder.resolve("checkpoint.pt");
        Samples.checkpoint().write(file);
        assertRefused(file, "has no conv1.weight (it has conv.weight, bn.num_batches_tracked)");
    }

    @Test
    void randomNeedsNoFile() {
        try (PretrainedBackbone random =
                new BackboneSource().load("random", "layer1", 32, ComputeDevice.CPU, ProgressListener.NONE)) {
            assertEquals(Map.of(), random.state());
            assertEquals(ResNetArchitecture.STEM, random.architecture());
        }
    }
}
