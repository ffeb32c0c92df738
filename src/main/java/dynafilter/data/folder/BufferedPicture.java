package dynafilter.data.folder;

import dynafilter.data.PixelPlanes;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.Raster;
import org.bytedeco.pytorch.Tensor;

/** The pixels of pictures that another program has decoded, as those of a file: grey values count for all three channels. */
public final class BufferedPicture {
    private BufferedPicture() {}

    /** The picture without its transparency: uint8 [3, height, width], in the caller's scope. */
    public static Tensor of(BufferedImage image) {
        int width = image.getWidth();
        PixelPlanes planes = new PixelPlanes(image.getHeight(), width);
        byte[] rgb = new byte[3 * width];
        int[] values = new int[width];
        int shift = image.getRaster().getTransferType() == DataBuffer.TYPE_USHORT ? 8 : 0;
        boolean stored = isStored(image.getColorModel());
        for (int y = 0; y < image.getHeight(); y++) {
            if (stored) {
                samples(image.getRaster(), y, shift, values, rgb);
            } else {
                image.getRGB(0, y, width, 1, values, 0, width);
                for (int i = 0; i < rgb.length; i++) {
                    rgb[i] = (byte) (values[i % width] >> (16 - 8 * (i / width)));
                }
            }
            planes.put(y, rgb);
        }
        return planes.tensor();
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
