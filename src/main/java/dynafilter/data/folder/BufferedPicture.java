package dynafilter.data.folder;

import dynafilter.data.PixelRows;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;

/** A picture that another program has decoded, as that of a file: grey values count for all three channels. */
final class BufferedPicture {
    private BufferedPicture() {}

    /** The picture without its transparency. */
    static PixelRows of(BufferedImage image) {
        return isStored(image.getColorModel()) ? new RasterRows(image) : new Colours(image, new int[image.getWidth()]);
    }

    /**
     * True: the samples are the colours, as in a PNG file; Java's colour model would correct the gamma of grey values, and round
     * those of 16 bits otherwise; false: the colour model makes the colours.
     */
    private static boolean isStored(ColorModel model) {
        if (model instanceof IndexColorModel) {
            return true;
        }
        int type = model.getColorSpace().getType();
        boolean whole =
                model.getTransferType() == DataBuffer.TYPE_BYTE || model.getTransferType() == DataBuffer.TYPE_USHORT;
        boolean known = type == ColorSpace.TYPE_GRAY || model.getColorSpace().isCS_sRGB();
        return model instanceof ComponentColorModel && whole && known && !model.isAlphaPremultiplied();
    }

    /** @param row of pixels, 0xAARRGGBB each */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    private record Colours(BufferedImage image, int[] row) implements PixelRows {
        @Override
        public int width() {
            return row.length;
        }

        @Override
        public int height() {
            return image.getHeight();
        }

        @Override
        public void read(int y, byte[] rgb) {
            image.getRGB(0, y, row.length, 1, row, 0, row.length);
            for (int channel = 0; channel < 3; channel++) {
                for (int x = 0; x < row.length; x++) {
                    rgb[channel * row.length + x] = (byte) (row[x] >> (16 - 8 * channel));
                }
            }
        }
    }
}
