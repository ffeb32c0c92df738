package dynafilter.data.folder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import dynafilter.data.PixelRows;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A picture is turned as its Exif says, and never lost to what is wrong there. */
class ExifTest {
    private static final int SHORT = 3;

    /** By the values from 1 on. */
    private static final List<Orientation> ORIENTATIONS = List.of(
            Orientation.UPRIGHT,
            Orientation.MIRRORED,
            Orientation.UPSIDE_DOWN,
            Orientation.FLIPPED,
            Orientation.TRANSPOSED,
            Orientation.TURNED_RIGHT,
            Orientation.TRANSVERSED,
            Orientation.TURNED_LEFT);

    /** A structure whose directory begins at a place and has one entry. */
    private static byte[] tiff(ByteOrder order, int directory, int tag, int type, int count, int value) {
        ByteBuffer bytes = ByteBuffer.allocate(40).order(order);
        bytes.put((order == ByteOrder.BIG_ENDIAN ? "MM" : "II").getBytes(StandardCharsets.US_ASCII));
        bytes.putShort((short) 42).putInt(directory);
        bytes.position(8)
                .putShort((short) 1)
                .putShort((short) tag)
                .putShort((short) type)
                .putInt(count);
        if (type == SHORT) {
            bytes.putShort((short) value);
        } else {
            bytes.putInt(value);
        }
        return bytes.array();
    }

    private static Orientation of(byte[] bytes) {
        return Exif.orientation(bytes, 0, bytes.length);
    }

    @Test
    void readsBothByteOrdersAndEveryTypeOfWholeNumber() {
        for (ByteOrder order : new ByteOrder[] {ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN}) {
            for (int value = 1; value <= 8; value++) {
                assertEquals(ORIENTATIONS.get(value - 1), of(tiff(order, 8, 274, SHORT, 1, value)));
                assertEquals(ORIENTATIONS.get(value - 1), of(tiff(order, 8, 274, 4, 1, value)));
            }
            for (int value : new int[] {0, 9, 0xffff}) {
                assertEquals(Orientation.UPRIGHT, of(tiff(order, 8, 274, SHORT, 1, value)));
            }
        }
    }

    @Test
    void whatIsNotAsItShouldBeCountsAsUpright() {
        ByteOrder order = ByteOrder.LITTLE_ENDIAN;
        for (int directory : new int[] {0, 7, 37, 38, 39, 40, 41, Integer.MAX_VALUE, -1, Integer.MIN_VALUE}) {
            assertNotNull(of(tiff(order, directory, 274, SHORT, 1, 6)));
        }
        assertEquals(Orientation.UPRIGHT, of(tiff(order, Integer.MAX_VALUE, 274, SHORT, 1, 6)));
        assertEquals(Orientation.UPRIGHT, of(tiff(order, -1, 274, SHORT, 1, 6)));
        assertEquals(Orientation.UPRIGHT, of(tiff(order, 8, 275, SHORT, 1, 6)));
        for (int count : new int[] {0, 2, 3, Integer.MAX_VALUE, -1}) {
            assertEquals(Orientation.UPRIGHT, of(tiff(order, 8, 274, SHORT, count, 6)), "count " + count);
            assertEquals(Orientation.UPRIGHT, of(tiff(order, 8, 274, 4, count, 6)), "count " + count);
        }
        for (int type : new int[] {0, 2, 5, 7, 11, 0xffff}) {
            assertEquals(Orientation.UPRIGHT, of(tiff(order, 8, 274, type, 1, 6)), "type " + type);
        }
        byte[] whole = tiff(order, 8, 274, SHORT, 1, 6);
        for (int length = 0; length < 22; length++) {
            assertEquals(Orientation.UPRIGHT, of(Arrays.copyOf(whole, length)), "cut to " + length);
        }
        assertEquals(Orientation.TURNED_RIGHT, of(Arrays.copyOf(whole, 22)));
        Random random = new Random(5);
        byte[] noise = new byte[64];
        for (int i = 0; i < 20_000; i++) {
            random.nextBytes(noise);
            noise[0] = noise[1] = (byte) (i % 2 == 0 ? 'I' : 'M');
            noise[4] = noise[5] = noise[6] = noise[7] = 0;
            noise[i % 4 + 4] = (byte) (i % 60);
            assertNotNull(of(noise));
        }
    }

    /** Cut anywhere in its metadata and with each byte of it changed, a picture has the pixels that it has without. */
    @Test
    void noMetadataLosesAPicture() throws IOException {
        byte[] exif = tiff(ByteOrder.BIG_ENDIAN, 8, 274, SHORT, 1, 9);
        byte[] plain = pixels(new TestPng(9, 7, TestPng.RGB, 8).bytes());
        for (int i = 0; i < exif.length; i++) {
            for (int value : new int[] {0, 0x7f, 0xff}) {
                byte[] changed = exif.clone();
                changed[i] = (byte) value;
                assertArrayEquals(
                        plain,
                        pixels(new TestPng(9, 7, TestPng.RGB, 8)
                                .chunk("eXIf", changed)
                                .bytes()));
            }
            byte[] cut = Arrays.copyOf(exif, i);
            assertArrayEquals(
                    plain,
                    pixels(new TestPng(9, 7, TestPng.RGB, 8).chunk("eXIf", cut).bytes()));
            String head = "Exif\0\0" + new String(cut, StandardCharsets.ISO_8859_1);
            TestJpeg jpeg = new TestJpeg(9, 7, "1x1,1x1,1x1").jfif();
            assertArrayEquals(
                    pixels(jpeg.bytes()),
                    pixels(new TestJpeg(9, 7, "1x1,1x1,1x1")
                            .jfif()
                            .segment(0xe1, head)
                            .bytes()));
        }
    }

    private static byte[] pixels(byte[] file) throws IOException {
        PixelRows picture = ImageFile.read(file, true);
        ByteArrayOutputStream pixels = new ByteArrayOutputStream();
        byte[] row = new byte[3 * picture.width()];
        for (int y = 0; y < picture.height(); y++) {
            picture.read(y, row);
            pixels.writeBytes(row);
        }
        return pixels.toByteArray();
    }
}
