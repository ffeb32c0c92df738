package dynafilter.report.figure;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.function.IntToDoubleFunction;
import javax.imageio.ImageIO;

/**
 * A picture of RGB pixels.
 *
 * @param rgb 0xRRGGBB of each pixel, row by row
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
public record PixelImage(int width, int height, int[] rgb) {
    private static final int PALETTE = 256;

    static {
        System.setProperty("java.awt.headless", "true");
        ImageIO.setUseCache(false); // no temporary files
    }

    /** @throws IllegalArgumentException where there are not as many pixels as places */
    public PixelImage {
        if (width < 1 || height < 1 || rgb.length != width * height) {
            throw new IllegalArgumentException(rgb.length + " pixels are no " + width + " by " + height + " image");
        }
    }

    /**
     * The picture of an image as a data set stores it.
     *
     * @param planes uint8 [3, height, width]
     */
    public static PixelImage ofPlanes(byte[] planes, int height, int width) {
        int plane = height * width;
        int[] rgb = new int[plane];
        for (int i = 0; i < plane; i++) {
            rgb[i] = (planes[i] & 0xff) << 16 | (planes[plane + i] & 0xff) << 8 | (planes[2 * plane + i] & 0xff);
        }
        return new PixelImage(width, height, rgb);
    }

    /** The picture of a grid: a pixel a number, coloured. */
    public static PixelImage of(Grid grid, Colormap colours, Scale scale) {
        int[] rgb = new int[grid.values().length];
        Arrays.setAll(rgb, i -> colours.rgb(scale.share(grid.values()[i])));
        return new PixelImage(grid.width(), grid.height(), rgb);
    }

    /** The picture enlarged by a factor, each pixel becoming a square. */
    public PixelImage nearest(int factor) {
        int[] large = new int[width * factor * height * factor];
        for (int y = 0; y < height * factor; y++) {
            for (int x = 0; x < width * factor; x++) {
                large[y * width * factor + x] = rgb[y / factor * width + x / factor];
            }
        }
        return new PixelImage(width * factor, height * factor, large);
    }

    /** The picture in shades of grey. */
    public PixelImage grey() {
        int[] grey = Arrays.stream(rgb)
                .map(colour -> (int) Math.round(
                        0.299 * (colour >> 16 & 0xff) + 0.587 * (colour >> 8 & 0xff) + 0.114 * (colour & 0xff)))
                .map(light -> light << 16 | light << 8 | light)
                .toArray();
        return new PixelImage(width, height, grey);
    }

    /**
     * This picture with another one of the same size laid over it.
     *
     * @param opacity of the other picture's pixels, in [0, 1], by their index in {@code rgb}
     */
    public PixelImage under(PixelImage other, IntToDoubleFunction opacity) {
        if (other.width != width || other.height != height) {
            throw new IllegalArgumentException("pictures of two sizes");
        }
        int[] mixed = new int[rgb.length];
        for (int i = 0; i < mixed.length; i++) {
            double share = opacity.applyAsDouble(i);
            for (int shift = 0; shift <= 16; shift += 8) {
                int below = rgb[i] >> shift & 0xff;
                int above = other.rgb[i] >> shift & 0xff;
                mixed[i] |= (int) Math.round(below + share * (above - below)) << shift;
            }
        }
        return new PixelImage(width, height, mixed);
    }

    /** The picture as a PNG file, which is much smaller where few colours fit into a palette. */
    public byte[] png() {
        return png(image());
    }

    /** The picture as a data URI, for SVG and HTML. */
    public String dataUri() {
        return "data:image/png;base64," + Base64.getEncoder().encodeToString(png());
    }

    static byte[] png(BufferedImage image) {
        try (ByteArrayOutputStream bytes = new ByteArrayOutputStream()) {
            if (!ImageIO.write(image, "png", bytes)) {
                throw new IllegalStateException("this Java writes no PNG files");
            }
            return bytes.toByteArray();
        } catch (IOException inMemory) {
            throw new UncheckedIOException(inMemory);
        }
    }

    private BufferedImage image() {
        int[] colours = Arrays.stream(rgb).distinct().sorted().toArray();
        if (colours.length > PALETTE) {
            BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
            image.setRGB(0, 0, width, height, rgb, 0, width);
            return image;
        }
        IndexColorModel palette =
                new IndexColorModel(8, colours.length, colours, 0, false, -1, java.awt.image.DataBuffer.TYPE_BYTE);
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_INDEXED, palette);
        int[] indices = Arrays.stream(rgb)
                .map(colour -> Arrays.binarySearch(colours, colour))
                .toArray();
        image.getRaster().setPixels(0, 0, width, height, indices);
        return image;
    }
}
