package dynafilter.data.folder;

import dynafilter.data.PixelRows;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A decoded picture as its samples are stored, or the colours of its palette: Java's colour models, which would correct the
 * gamma of grey values, are passed over. Of 16 bits the upper 8 count, fewer than 8 are spread over all values; transparency is
 * dropped.
 */
final class RasterRows implements PixelRows {
    private final Raster raster;
    private final int[] most; // value of each band's samples
    private final int @Nullable [] palette;
    private final int[] values;

    RasterRows(BufferedImage image) {
        this(image, palette(image));
    }

    /** @param palette 0xAARRGGBB by index; null: the samples are colours */
    RasterRows(BufferedImage image, int @Nullable [] palette) {
        this.palette = palette;
        raster = image.getRaster();
        most = IntStream.of(raster.getSampleModel().getSampleSize())
                .map(bits -> (1 << bits) - 1)
                .toArray();
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
            int band = raster.getNumBands() < 3 ? 0 : channel;
            raster.getSamples(0, y, width, 1, band, values);
            for (int x = 0; x < width; x++) {
                rgb[channel * width + x] =
                        (byte) (palette == null ? level(values[x], most[band]) : colour(values[x], channel));
            }
        }
    }

    private static int level(int value, int most) {
        return most == 0xff ? value : most > 0xff ? value >> 8 : value * 0xff / most;
    }

    /** A channel of a palette's colour; black for an index that the palette does not have. */
    private int colour(int index, int channel) {
        return palette != null && index < palette.length ? palette[index] >> (16 - 8 * channel) : 0;
    }
}
