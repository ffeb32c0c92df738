package dynafilter.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.Python;
import dynafilter.TensorAssert;
import dynafilter.runtime.TensorBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
            byte[] actual = TensorBytes.bytes(SquareImage.of(noise(size[0], size[1]), target));
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

    @Test
    void leavesAnImageOfTheSizeAsItIs() throws IOException {
        Tensor image = noise(32, 32);
        TensorAssert.assertIdentical(image, SquareImage.of(image, 32), "image");
        assertArrayEquals(
                new long[] {3, 32, 32}, SquareImage.of(noise(1, 1), 32).shape());
    }

    @Test
    void refusesAnImageTooNarrowToScale() {
        assertThrows(IOException.class, () -> SquareImage.of(noise(1, 2000), 32));
    }
}
