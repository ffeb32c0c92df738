package dynafilter.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.Python;
import dynafilter.runtime.TensorBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NativeScope.class)
class SquareImageTest {
    /** torchvision's Resize(size) and CenterCrop(size) of a tensor, written out. */
    private static final String EXPECTED = """
            import sys, torch
            folder, target = sys.argv[1], int(sys.argv[2])
            for line in open(f"{folder}/sizes.txt"):
                height, width = map(int, line.split())
                image = torch.frombuffer(bytearray(open(f"{folder}/{height}x{width}.raw", "rb").read()), dtype=torch.uint8)
                image = image.view(3, height, width)
                short, long = target, int(target * max(height, width) / min(height, width))
                size = (short, long) if height <= width else (long, short)
                out = torch.nn.functional.interpolate(image[None].float(), size=size, mode="bilinear",
                                                      align_corners=False, antialias=True)
                out = out.round().clamp(0, 255).to(torch.uint8)[0]
                top, left = (int(round((n - target) / 2.0)) for n in out.shape[1:])
                out = out[:, top:top + target, left:left + target].contiguous()
                open(f"{folder}/{height}x{width}.out", "wb").write(bytes(out.flatten().tolist()))
            """;

    private static final int[][] SIZES = {
        {32, 32}, {32, 49}, {64, 64}, {100, 75}, {37, 211}, {20, 20}, {9, 31}, {300, 32}, {33, 34}
    };

    @TempDir
    private Path folder;

    private static Tensor noise(int height, int width) {
        torch.manual_seed(height * 1000L + width);
        return torch.randint(256, new long[] {3, height, width}, new TensorOptions(ScalarType.Byte));
    }

    @ParameterizedTest
    @ValueSource(ints = {32, 24, 65})
    void equalsPyTorchsAntialiasedInterpolation(int target) throws IOException {
        Python python = Python.withTorch();
        StringBuilder sizes = new StringBuilder();
        for (int[] size : SIZES) {
            sizes.append(size[0]).append(' ').append(size[1]).append('\n');
            Files.write(folder.resolve(size[0] + "x" + size[1] + ".raw"), TensorBytes.bytes(noise(size[0], size[1])));
        }
        Files.writeString(folder.resolve("sizes.txt"), sizes);
        python.run(EXPECTED, folder, target);
        for (int[] size : SIZES) {
            byte[] expected = Files.readAllBytes(folder.resolve(size[0] + "x" + size[1] + ".out"));
            byte[] actual = SquareImage.of(PixelPlanes.of(noise(size[0], size[1])), target);
            int apart = 0;
            for (int i = 0; i < expected.length; i++) {
                int difference = Math.abs((expected[i] & 0xff) - (actual[i] & 0xff));
                assertTrue(difference <= 1, size[0] + "x" + size[1]);
                apart += difference;
            }
            assertTrue(
                    apart <= 3 * target / 32 * target / 32 + 1,
                    apart + " values are rounded to the other side in " + size[0] + "x" + size[1]);
        }
    }

    /** What libtorch makes of an image by its own operators. */
    private static byte[] byLibtorch(Tensor image, int target) {
        long height = image.size(1);
        long width = image.size(2);
        int longer = (int) (target * Math.max(height, width) / Math.min(height, width));
        Tensor floats = image.unsqueeze(0).to(ScalarType.Float);
        Tensor resized = SquareImage.interpolated(
                        floats, height <= width ? target : longer, height <= width ? longer : target)
                .round()
                .clamp(new ScalarOptional(new Scalar(0)), new ScalarOptional(new Scalar(255)))
                .to(ScalarType.Byte)
                .squeeze(0);
        long top = (long) Math.rint((resized.size(1) - target) / 2.0);
        long left = (long) Math.rint((resized.size(2) - target) / 2.0);
        return TensorBytes.bytes(
                resized.narrow(1, top, target).narrow(2, left, target).contiguous());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 32, 64, 224})
    void equalsLibtorchsInterpolationToTheBit(int target) throws IOException {
        int[][] sizes = {{1, 1}, {1, 3}, {2, 2}, {33, 34}, {37, 211}, {301, 200}, {600, 801}, {1023, 767}};
        for (int[] size : sizes) {
            Tensor image = noise(size[0], size[1]);
            if (Math.min(size[0], size[1]) != target) {
                assertArrayEquals(
                        byLibtorch(image, target),
                        SquareImage.of(PixelPlanes.of(image), target),
                        size[0] + "x" + size[1] + " to " + target);
            }
        }
    }

    @Test
    void leavesAnImageOfTheSizeAsItIs() throws IOException {
        Tensor image = noise(32, 32);
        assertArrayEquals(TensorBytes.bytes(image), SquareImage.of(PixelPlanes.of(image), 32));
        assertEquals(3 * 32 * 32, SquareImage.of(PixelPlanes.of(noise(1, 1)), 32).length);
    }

    @Test
    void refusesAnImageTooNarrowToScale() {
        assertThrows(IOException.class, () -> SquareImage.of(PixelPlanes.of(noise(1, 2000)), 32));
    }
}
