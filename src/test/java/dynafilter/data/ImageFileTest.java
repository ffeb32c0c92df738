package dynafilter.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javax.imageio.ImageIO;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(NativeScope.class)
class ImageFileTest {
    private static final int WIDTH = 5;
    private static final int HEIGHT = 3;

    @TempDir
    private Path folder;

    private Path write(BufferedImage image, String name) throws IOException {
        Path file = folder.resolve(name);
        assertTrue(ImageIO.write(image, name.substring(name.indexOf('.') + 1), file.toFile()));
        return file;
    }

    /** Red grows to the right, green downwards; blue is 200. */
    private static BufferedImage colours(int type) {
        BufferedImage image = new BufferedImage(WIDTH, HEIGHT, type);
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                image.setRGB(x, y, new Color(50 * x, 100 * y, 200, 255 - 40 * x).getRGB());
            }
        }
        return image;
    }

    private static int[] bytes(Tensor tensor) {
        byte[] bytes = TensorBytes.bytes(tensor);
        int[] values = new int[bytes.length];
        Arrays.setAll(values, i -> bytes[i] & 0xff);
        return values;
    }

    private static int[] expectedColours() {
        int[] values = new int[3 * HEIGHT * WIDTH];
        for (int i = 0; i < HEIGHT * WIDTH; i++) {
            values[i] = 50 * (i % WIDTH);
            values[HEIGHT * WIDTH + i] = 100 * (i / WIDTH);
            values[2 * HEIGHT * WIDTH + i] = 200;
        }
        return values;
    }

    @Test
    void readsThePlanesOfColourImagesWithoutTheirTransparency() throws IOException {
        for (int type : new int[] {
            BufferedImage.TYPE_INT_RGB,
            BufferedImage.TYPE_3BYTE_BGR,
            BufferedImage.TYPE_INT_ARGB,
            BufferedImage.TYPE_4BYTE_ABGR
        }) {
            Tensor image = ImageFile.read(write(colours(type), "colours.png"));
            assertArrayEquals(new long[] {3, HEIGHT, WIDTH}, image.shape());
            assertArrayEquals(expectedColours(), bytes(image), "type " + type);
        }
    }

    /** Java's own conversion to RGB would make 64 to 137. */
    @Test
    void takesGreyValuesAsTheyAre() throws IOException {
        for (int type : new int[] {BufferedImage.TYPE_BYTE_GRAY, BufferedImage.TYPE_USHORT_GRAY}) {
            BufferedImage image = new BufferedImage(2, 1, type);
            int scale = type == BufferedImage.TYPE_BYTE_GRAY ? 1 : 256;
            image.getRaster().setSample(0, 0, 0, 64 * scale);
            image.getRaster().setSample(1, 0, 0, 255 * scale);
            int[] values = bytes(ImageFile.read(write(image, "grey.png")));
            assertArrayEquals(new int[] {64, 255, 64, 255, 64, 255}, values, "type " + type);
        }
    }

    @Test
    void readsPalettesAndSingleBits() throws IOException {
        BufferedImage palette = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_INDEXED);
        palette.setRGB(0, 0, 0xff0000);
        palette.setRGB(1, 0, 0x00ff00);
        assertArrayEquals(new int[] {255, 0, 0, 255, 0, 0}, bytes(ImageFile.read(write(palette, "palette.png"))));
        BufferedImage bits = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_BINARY);
        bits.setRGB(0, 0, 0xffffff);
        assertArrayEquals(new int[] {255, 0, 255, 0, 255, 0}, bytes(ImageFile.read(write(bits, "bits.png"))));
    }

    @Test
    void readsJpeg() throws IOException {
        BufferedImage flat = new BufferedImage(40, 20, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 800; i++) {
            flat.setRGB(i % 40, i / 40, 0xc86432);
        }
        Tensor image = ImageFile.read(write(flat, "flat.jpg"));
        assertArrayEquals(new long[] {3, 20, 40}, image.shape());
        int[] values = bytes(image);
        assertEquals(0xc8, values[0], 3);
        assertEquals(0x64, values[800], 3);
        assertEquals(0x32, values[1600], 3);
    }

    private void assertRefused(byte[] bytes, String message) throws IOException {
        Path file = Files.write(folder.resolve("bad"), bytes);
        String actual =
                assertThrows(IOException.class, () -> ImageFile.read(file)).getMessage();
        assertTrue(actual.contains(message), actual);
        assertEquals(1, actual.lines().count(), actual);
    }

    @Test
    void saysWhatIsWrongWithAFile() throws IOException {
        assertRefused(new byte[0], "is empty");
        assertRefused("GIF89a".getBytes(java.nio.charset.StandardCharsets.US_ASCII), "is neither PNG nor JPEG");
        byte[] png = Files.readAllBytes(write(colours(BufferedImage.TYPE_INT_RGB), "whole.png"));
        byte[] jpeg = Files.readAllBytes(write(colours(BufferedImage.TYPE_INT_RGB), "whole.jpg"));
        for (int length = 4; length < png.length - 24; length += 3) { // behind that: checksums, and that this was all
            assertRefused(Arrays.copyOf(png, length), "is no PNG image that can be read: ");
        }
        for (int length = 4; length < jpeg.length - 24; length += 5) {
            assertRefused(Arrays.copyOf(jpeg, length), "is no JPEG image that can be read: ");
        }
        byte[] huge = png.clone();
        huge[16] = 0x7f; // the width's first byte; its CRC is no longer right, but the size is seen first
        assertRefused(huge, "is no PNG image that can be read: ");
        assertThrows(IOException.class, () -> ImageFile.read(folder));
    }
}
