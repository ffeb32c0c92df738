package dynafilter.data.folder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.data.PixelPlanes;
import dynafilter.runtime.TensorBytes;
import java.awt.Color;
import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
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

    private static Tensor planes(Path file) throws IOException {
        return PixelPlanes.of(ImageFile.read(ImageFile.content(file), false));
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
            Tensor image = planes(write(colours(type), "colours.png"));
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
            int[] values = bytes(planes(write(image, "grey.png")));
            assertArrayEquals(new int[] {64, 255, 64, 255, 64, 255}, values, "type " + type);
        }
    }

    @Test
    void readsPalettesAndSingleBits() throws IOException {
        BufferedImage palette = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_INDEXED);
        palette.setRGB(0, 0, 0xff0000);
        palette.setRGB(1, 0, 0x00ff00);
        assertArrayEquals(new int[] {255, 0, 0, 255, 0, 0}, bytes(planes(write(palette, "palette.png"))));
        BufferedImage bits = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_BINARY);
        bits.setRGB(0, 0, 0xffffff);
        assertArrayEquals(new int[] {255, 0, 255, 0, 255, 0}, bytes(planes(write(bits, "bits.png"))));
    }

    @Test
    void readsJpeg() throws IOException {
        BufferedImage flat = new BufferedImage(40, 20, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 800; i++) {
            flat.setRGB(i % 40, i / 40, 0xc86432);
        }
        Tensor image = planes(write(flat, "flat.jpg"));
        assertArrayEquals(new long[] {3, 20, 40}, image.shape());
        int[] values = bytes(image);
        assertEquals(0xc8, values[0], 3);
        assertEquals(0x64, values[800], 3);
        assertEquals(0x32, values[1600], 3);
    }

    private int[] firstPixel(byte[] content) throws IOException {
        int[] values = bytes(planes(Files.write(folder.resolve("file"), content)));
        return new int[] {values[0], values[values.length / 3], values[2 * values.length / 3]};
    }

    /** Java's own decoder would take the three components of the second for red, green and blue. */
    @Test
    void theColoursOfAJpegFileAreThoseOfItsMarkers() throws IOException {
        String sampling = "1x1,1x1,1x1";
        int[] asYcbcr = firstPixel(new TestJpeg(8, 8, sampling).jfif().bytes());
        assertArrayEquals(asYcbcr, firstPixel(new TestJpeg(8, 8, sampling).bytes()));
        int[] asRgb = firstPixel(new TestJpeg(8, 8, sampling).adobe(0).bytes());
        assertArrayEquals(
                asRgb,
                firstPixel(new TestJpeg(8, 8, sampling).ids('R', 'G', 'B').bytes()));
        assertTrue(!Arrays.equals(asRgb, asYcbcr));
    }

    @Test
    void inksAreMultipliedAndKnowNoProfile() throws IOException {
        int[] grey = new int[4]; // of each component, as if it were a picture of its own
        TestJpeg cmyk = new TestJpeg(8, 8, "1x1,1x1,1x1,1x1");
        JpegSamples samples = JpegPicture.samples(cmyk.bytes(), JpegHeader.of(cmyk.bytes()));
        for (int ink = 0; ink < 4; ink++) {
            grey[ink] = samples.row(0)[ink] & 0xff;
        }
        int[] expected = new int[3];
        Arrays.setAll(expected, ink -> (int) Math.rint(grey[ink] * grey[3] / 255.0));
        assertArrayEquals(expected, firstPixel(cmyk.bytes()));
        byte[] profile = ICC_Profile.getInstance(ColorSpace.CS_GRAY).getData();
        assertArrayEquals(expected, firstPixel(cmyk.adobe(0).profile(profile).bytes()));
    }

    @Test
    void bytesThatBelongToNothingAreNoDamage() throws IOException {
        byte[] plain = new TestJpeg(30, 20, "2x2,1x1,1x1").jfif().bytes();
        byte[] strayed = Arrays.copyOf(plain, plain.length + 80);
        System.arraycopy(plain, plain.length - 2, strayed, strayed.length - 2, 2);
        strayed[plain.length - 2] = 1;
        strayed[plain.length - 1] = 2;
        assertArrayEquals(firstPixel(plain), firstPixel(strayed));
        assertArrayEquals(
                firstPixel(plain),
                firstPixel(new TestJpeg(30, 20, "2x2,1x1,1x1")
                        .jfif()
                        .raw(1, 2, 3, 0xff, 0, 0xff)
                        .raw(0xff, 0xed, 0, 0) // a segment shorter than its own length
                        .bytes()));
        for (int cut : new int[] {2, 3, 40}) {
            assertRefused(Arrays.copyOf(plain, plain.length - cut), "is no JPEG image that can be read: ");
            assertRefused(Arrays.copyOf(strayed, plain.length - cut), "is no JPEG image that can be read: ");
        }
    }

    @Test
    void saysWhichJpegFilesItDoesNotRead() throws IOException {
        assertRefused(new TestJpeg(8, 8, "1x1,1x1").bytes(), "it has 2 components, not 1, 3 or 4");
        byte[] lossless = new TestJpeg(8, 8, "1x1").bytes();
        lossless[new String(lossless, StandardCharsets.ISO_8859_1).indexOf("\u00ff\u00c0") + 1] = (byte) 0xc3;
        assertRefused(lossless, "SOF type 0xc3");
        assertRefused(new byte[] {(byte) 0xff, (byte) 0xd8, (byte) 0xff, (byte) 0xd9}, "it ends without a picture");
    }

    /** Each of these chunks makes Java's own decoder refuse a picture, or did. */
    @Test
    void nothingBesideItsPixelsDecidesAPngFile() throws IOException {
        int[] plain = firstPixel(new TestPng(9, 7, TestPng.PALETTE, 8).bytes());
        for (String chunk : new String[] {"tEXt", "zTXt", "iTXt", "iCCP", "hIST", "tIME", "sPLT", "gAMA", "pHYs"}) {
            for (int[] content : new int[][] {{}, {65}, {65, 0, 1, 2}}) {
                TestPng odd = new TestPng(9, 7, TestPng.PALETTE, 8).chunk(chunk, content);
                assertArrayEquals(plain, firstPixel(odd.bytes()), chunk);
            }
        }
        int[] colours = firstPixel(new TestPng(9, 7, TestPng.RGB_ALPHA, 8).bytes());
        byte[] transparent = new TestPng(9, 7, TestPng.RGB_ALPHA, 8)
                .chunk("tRNS", 0, 1, 0, 1, 0, 1)
                .bytes();
        assertArrayEquals(colours, firstPixel(transparent));
        byte[] longer = new TestPng(9, 7, TestPng.RGB, 8).chunk("tEXt", 65).bytes();
        longer[8 + 25] = 0x7f; // the text's length
        assertRefused(longer, "is no PNG image that can be read: ");
    }

    private void assertRefused(byte[] bytes, String message) throws IOException {
        Path file = Files.write(folder.resolve("bad"), bytes);
        String actual = assertThrows(IOException.class, () -> planes(file)).getMessage();
        assertTrue(actual.contains(message), actual);
        assertEquals(1, actual.lines().count(), actual);
    }

    /** The beginning of a file whose first box says that its kind is one and that another kind of reader will do. */
    private static byte[] heif(String kind, String other) {
        return ("\0\0\0\24ftyp" + kind + "\0\0\0\0" + other + "\0\0\0\10free").getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void saysWhatIsWrongWithAFile() throws IOException {
        assertRefused(new byte[0], "is empty");
        assertRefused("<html>".getBytes(StandardCharsets.US_ASCII), "is neither PNG, JPEG, WebP, GIF, BMP nor TIFF");
        assertRefused("GIF89a".getBytes(StandardCharsets.US_ASCII), "is no GIF image that can be read: it is cut off");
        assertRefused(heif("avif", "mif1"), "is an AVIF picture, which is not read: save it as JPEG or PNG");
        assertRefused(heif("mif1", "avif"), "is an AVIF picture, which is not read: save it as JPEG or PNG");
        assertRefused(heif("heic", "mif1"), "is a HEIC picture, which is not read: save it as JPEG");
        assertRefused(heif("isom", "mp42"), "is neither PNG, JPEG, WebP, GIF, BMP nor TIFF");
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
        assertThrows(IOException.class, () -> planes(folder));
    }
}
