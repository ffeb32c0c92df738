package dynafilter.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.io.InputException;
import dynafilter.io.ProgressListener;
import dynafilter.model.BackboneArchitecture;
import dynafilter.model.ResNetArchitecture;
import dynafilter.runtime.ComputeDevice;
import dynafilter.torchfile.Samples;
import dynafilter.torchfile.TorchFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Files that are no backbone, without Python. */
@ExtendWith(NativeScope.class)
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

    /** The state dict of ResNet-18's stem, all ones, with one tensor of its own. */
    private Path stem(String name, Tensor tensor) {
        Map<String, Object> tensors = new LinkedHashMap<>();
        ResNetArchitecture.STEM
                .shapes()
                .forEach((own, sizes) ->
                        tensors.put(own.substring(BackboneArchitecture.PREFIX.length()), torch.ones(sizes)));
        tensors.put(name, tensor);
        Path file = folder.resolve(name + ".pth");
        TorchFile.write(file, tensors);
        return file;
    }

    @Test
    void numbersThatNothingCanBeComputedOf() {
        BackboneFile.read(stem("bn1.bias", torch.ones(64)), "layer1", 32, ComputeDevice.CPU)
                .close();
        assertRefused(
                stem("conv1.weight", torch.full(new long[] {64, 3, 7, 7}, new Scalar(Double.NaN))),
                "conv1.weight holds NaN or infinite numbers (in float32)");
        assertRefused(
                stem("layer1.1.bn2.weight", torch.ones(64).to(ScalarType.Double).mul(new Scalar(1e300))),
                "layer1.1.bn2.weight holds NaN or infinite numbers");
        assertRefused(
                stem("bn1.running_var", torch.full(new long[] {64}, new Scalar(-0.5))),
                "bn1.running_var holds numbers below 0, which no variance is");
    }

    @Test
    void imagesOfOneChannel() {
        assertRefused(
                stem("conv1.weight", torch.ones(64, 1, 7, 7)),
                ": its conv1.weight is of no images in red, green and blue; give ResNet-18");
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
