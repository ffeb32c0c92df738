package dynafilter.data.folder;

import dynafilter.data.PixelRows;
import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import org.jspecify.annotations.Nullable;

/**
 * A decoded picture as its samples are stored, or the colours of its palette: Java's colour models, which would correct the
 * gamma of grey values, are passed over. Of 16 bits the upper 8 count; transparency is dropped.
 */
final class RasterRows implements PixelRows {
    private final Raster raster;
    private final int shift;
    private final int @Nullable [] palette; // 0xAARRGGBB by index; null: the samples are colours
    private final int[] values;

    RasterRows(BufferedImage image) {
        raster = image.getRaster();
        shift = raster.getTransferType() == DataBuffer.TYPE_USHORT ? 8 : 0;
        palette = palette(image);
        values = new int[raster.getWidth()];
    }

    private static int @Nullable [] palette(BufferedImage image) {
        if (!(image.getColorModel() instanceof IndexColorModel colours)) {
            return null;
        }
        int[] palette = new int[colours.getMapSize()];
        colours.getRGBs(palette);
        return palette;
    }

    @Override
    public int width() {
        return raster.getWidth();
    }

    @Override
    public int height() {
        return raster.getHeight();
    }

    @Override
    public void read(int y, byte[] rgb) {
        int width = width();
        for (int channel = 0; channel < 3; channel++) {
            raster.getSamples(0, y, width, 1, raster.getNumBands() < 3 ? 0 : channel, values);
            for (int x = 0; x < width; x++) {
                int value = palette == null ? values[x] >> shift : palette[values[x]] >> (16 - 8 * channel);
                rgb[channel * width + x] = (byte) value;
            }
        }
    }
}
