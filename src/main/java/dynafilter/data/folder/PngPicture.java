package dynafilter.data.folder;

import dynafilter.data.PixelPlanes;
import java.awt.image.BufferedImage;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** The reader of PNG files: the stored samples, or the palette's colours, whatever else the file says of colours. */
final class PngPicture {
    static final String FORMAT = "PNG";

    private static final int SIGNATURE = 8;
    private static final int CHUNK_FRAME = 12; // length and name before the content, a checksum behind it

    private PngPicture() {}

    /**
     * Reads the content of a file.
     *
     * @param mostPixels it may have
     * @return uint8 [3, height, width], in the caller's scope
     * @throws IOException where the file is damaged or too large
     */
    static Tensor read(byte[] file, long mostPixels) throws IOException {
        try (PictureDecoder decoder = new PictureDecoder(FORMAT, withoutAncillary(file), mostPixels)) {
            return tensor(decoder.image());
        }
    }

    /**
     * The file without its ancillary chunks, which the pixels do not need: profiles, gamma, texts and transparency. Java's
     * decoder fails at some that others pass over.
     */
    private static InputStream withoutAncillary(byte[] file) {
        ByteBuffer chunks = ByteBuffer.wrap(file);
        List<InputStream> kept = new ArrayList<>();
        int from = 0;
        int at = SIGNATURE;
        while (at + CHUNK_FRAME <= file.length) {
            long next = at + CHUNK_FRAME + (chunks.getInt(at) & 0xffff_ffffL);
            int end = (int) Math.min(next, file.length);
            if (Character.isLowerCase((char) file[at + 4])) { // the first letter of an ancillary chunk's name
                kept.add(new ByteArrayInputStream(file, from, at - from));
                from = end;
            }
            at = end;
        }
        kept.add(new ByteArrayInputStream(file, from, file.length - from));
        return new SequenceInputStream(Collections.enumeration(kept));
    }

    private static Tensor tensor(BufferedImage image) {
        int width = image.getWidth();
        Raster raster = image.getRaster();
        // The samples as they are in the file: Java's colour models would correct the gamma of grey values.
        int shift = raster.getTransferType() == DataBuffer.TYPE_USHORT ? 8 : 0;
        int[] palette = palette(image);
        int[] values = new int[width];
        byte[] rgb = new byte[3 * width];
        PixelPlanes planes = new PixelPlanes(image.getHeight(), width);
        for (int y = 0; y < image.getHeight(); y++) {
            for (int channel = 0; channel < 3; channel++) {
                raster.getSamples(0, y, width, 1, raster.getNumBands() < 3 ? 0 : channel, values);
                for (int x = 0; x < width; x++) {
                    int value = palette == null ? values[x] >> shift : palette[values[x]] >> (16 - 8 * channel);
                    rgb[channel * width + x] = (byte) value;
                }
            }
            planes.put(y, rgb);
        }
        return planes.tensor();
    }

    /** The palette, 0xAARRGGBB by index; null for a picture whose samples are its colours. */
    private static int @Nullable [] palette(BufferedImage image) {
        if (!(image.getColorModel() instanceof IndexColorModel colours)) {
            return null;
        }
        int[] palette = new int[colours.getMapSize()];
        colours.getRGBs(palette);
        return palette;
    }
}
