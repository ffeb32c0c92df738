package dynafilter.data.folder;

import dynafilter.data.PixelRows;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;

/**
 * A picture that another program has decoded, with the pixels of a file: grey values count for all three channels, and transparency is
 * dropped.
 */
public record BufferedPicture(BufferedImage image) implements PixelRows {
    @Override
    public int width() {
        return image.getWidth();
    }

    @Override
    public int height() {
        return image.getHeight();
    }

    @Override
    public void read(int y, byte[] rgb) {
        int width = width();
        int[] values = new int[width];
        if (isStored(image.getColorModel())) {
            int shift = image.getRaster().getTransferType() == DataBuffer.TYPE_USHORT ? 8 : 0;
            samples(image.getRaster(), y, shift, values, rgb);
            return;
        }
        image.getRGB(0, y, width, 1, values, 0, width);
        for (int i = 0; i < 3 * width; i++) {
            rgb[i] = (byte) (values[i % width] >> (16 - 8 * (i / width)));
        }
    }

    /**
     * True: the samples are the colours, as in a PNG file; Java's colour model would correct the gamma of grey values, and round
     * those of 16 bits otherwise; false: the colour model makes the colours.
     */
    private static boolean isStored(ColorModel model) {
        int type = model.getColorSpace().getType();
        boolean whole =
                model.getTransferType() == DataBuffer.TYPE_BYTE || model.getTransferType() == DataBuffer.TYPE_USHORT;
        boolean known = type == ColorSpace.TYPE_GRAY || model.getColorSpace().isCS_sRGB();
        return model instanceof ComponentColorModel && whole && known && !model.isAlphaPremultiplied();
    }

    private static void samples(Raster raster, int y, int shift, int[] values, byte[] rgb) {
        int width = values.length;
        for (int channel = 0; channel < 3; channel++) {
            raster.getSamples(
                    raster.getMinX(), raster.getMinY() + y, width, 1, raster.getNumBands() < 3 ? 0 : channel, values);
            for (int x = 0; x < width; x++) {
                rgb[channel * width + x] = (byte) (values[x] >> shift);
            }
        }
    }
}
