package dynafilter.data.folder;

import dynafilter.data.PixelRows;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;

/**
 * A picture of inks C, M, Y and K, of which 0 is none.
 *
 * @param raster samples of 8 or 16 bits
 */
record InkRows(Raster raster) implements PixelRows {
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
        int shift = raster.getTransferType() == DataBuffer.TYPE_USHORT ? 8 : 0;
        int[] values = raster.getPixels(0, y, width(), 1, (int[]) null);
        int bands = raster.getNumBands();
        byte[] light = new byte[4 * width()]; // what the inks leave, as JPEG files have it
        for (int i = 0; i < light.length; i++) {
            light[i] = (byte) (255 - (values[i / 4 * bands + i % 4] >> shift));
        }
        JpegColours.CMYK.toRgb(light, width(), rgb);
    }
}
