package dynafilter.data.folder;

import dynafilter.data.PixelRows;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;

/**
 * The first picture of a GIF file on its canvas, as Pillow shows it.
 *
 * @param frame the picture
 * @param left the column of the canvas where it begins
 * @param top the row of the canvas where it begins
 * @param around the colour of the rest of the canvas, 0xRRGGBB
 */
record GifPicture(PixelRows frame, int left, int top, int width, int height, int around) implements PixelRows {
    private static final int SCREEN = 6; // the place of the canvas's size
    private static final int HEADER = 13;
    private static final int EXTENSION = 0x21;
    private static final int GRAPHIC_CONTROL = 0xf9;
    private static final int PICTURE = 0x2c;

    /**
     * Decodes the content of a file.
     *
     * @throws IOException where the file is damaged
     */
    static PixelRows read(byte[] file, PixelGate gate) throws IOException {
        int transparent = 0; // Pillow fills a canvas with the first colour, too
        int at = HEADER + table(file, SCREEN + 4);
        while (byteAt(file, at) != PICTURE) {
            if (byteAt(file, at) != EXTENSION) {
                throw new IOException("it has no picture where one should be");
            }
            if (byteAt(file, at + 1) == GRAPHIC_CONTROL && (byteAt(file, at + 3) & 1) == 1) {
                transparent = byteAt(file, at + 6);
            }
            at += 2;
            while (byteAt(file, at) != 0) { // blocks, each behind its length
                at += 1 + byteAt(file, at);
            }
            at++;
        }
        int left = shortAt(file, at + 1);
        int top = shortAt(file, at + 3);
        int width = Math.max(shortAt(file, SCREEN), left + shortAt(file, at + 5));
        int height = Math.max(shortAt(file, SCREEN + 2), top + shortAt(file, at + 7));
        gate.enter((long) width * height);
        try (PictureDecoder decoder = PictureDecoder.of("gif", new ByteArrayInputStream(file), gate)) {
            BufferedImage image = decoder.image();
            boolean isKnown =
                    image.getColorModel() instanceof IndexColorModel colours && transparent < colours.getMapSize();
            int around = isKnown ? image.getColorModel().getRGB(transparent) & 0xff_ffff : 0;
            return new GifPicture(new RasterRows(image), left, top, width, height, around);
        }
    }

    /** The number of pictures in a file, as far as it is whole; counting ends with the second. */
    static int pictures(byte[] file) {
        int pictures = 0;
        try {
            int at = HEADER + table(file, SCREEN + 4);
            while (pictures < 2 && (byteAt(file, at) == PICTURE || byteAt(file, at) == EXTENSION)) {
                if (byteAt(file, at) == PICTURE) {
                    pictures++;
                    at += 11 + table(file, at + 9); // its place and size, its colours, and the size of its codes
                } else {
                    at += 2;
                }
                while (byteAt(file, at) != 0) { // blocks, each behind its length
                    at += 1 + byteAt(file, at);
                }
                at++;
            }
        } catch (IOException cutOff) {
            return pictures;
        }
        return pictures;
    }

    /** The length of a table of colours that the flags at a place announce. */
    private static int table(byte[] file, int flags) throws IOException {
        int packed = byteAt(file, flags);
        return (packed & 0x80) == 0 ? 0 : 3 << ((packed & 7) + 1);
    }

    private static int byteAt(byte[] file, int at) throws IOException {
        if (at >= file.length) {
            throw new IOException("it is cut off before the picture begins");
        }
        return file[at] & 0xff;
    }

    private static int shortAt(byte[] file, int at) throws IOException {
        return byteAt(file, at) | (byteAt(file, at + 1) << 8);
    }

    @Override
    public void read(int y, byte[] rgb) {
        for (int channel = 0; channel < 3; channel++) {
            int start = channel * width;
            Arrays.fill(rgb, start, start + width, (byte) (around >> (16 - 8 * channel)));
        }
        if (y < top || y >= top + frame.height()) {
            return;
        }
        byte[] row = new byte[3 * frame.width()];
        frame.read(y - top, row);
        for (int channel = 0; channel < 3; channel++) {
            System.arraycopy(row, channel * frame.width(), rgb, channel * width + left, frame.width());
        }
    }
}
