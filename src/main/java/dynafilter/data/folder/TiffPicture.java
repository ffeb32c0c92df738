package dynafilter.data.folder;

import dynafilter.data.PixelRows;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;

/** The reader of TIFF files with whole numbers of up to 16 bits; of several pictures the first. */
final class TiffPicture {
    private static final int BITS = 258;
    private static final int PHOTOMETRIC = 262;
    private static final int PALETTE = 320;
    private static final int SAMPLE_FORMAT = 339;
    private static final int COLOUR_MAP = 3;
    private static final int INKS = 5;
    private static final int LAB = 8; // and ICC's and ITU's, 9 and 10
    private static final int MOST_BITS = 16;

    private TiffPicture() {}

    /**
     * Decodes the content of a file.
     *
     * @throws IOException where the file is damaged, or has samples or colours of other kinds
     */
    static PixelRows read(byte[] file, PixelGate gate) throws IOException {
        TiffDirectory directory = TiffDirectory.of(file, 0, file.length);
        int photometric =
                Arrays.stream(directory.numbers(PHOTOMETRIC)).findFirst().orElse(0);
        if (Arrays.stream(directory.numbers(BITS)).anyMatch(bits -> bits > MOST_BITS)
                || Arrays.stream(directory.numbers(SAMPLE_FORMAT)).anyMatch(format -> format != 1)) {
            throw new IOException("its samples are no whole numbers of up to 16 bits; save it with 8 or 16 bits");
        }
        if (photometric >= LAB && photometric <= LAB + 2) {
            throw new IOException("its colours are L*a*b*; save it as RGB");
        }
        try (PictureDecoder decoder = PictureDecoder.of("tiff", new ByteArrayInputStream(file), gate)) {
            BufferedImage image = decoder.image();
            if (photometric == INKS && image.getRaster().getNumBands() >= 4) {
                return new InkRows(image.getRaster());
            }
            return photometric == COLOUR_MAP && image.getColorModel() instanceof IndexColorModel
                    ? new RasterRows(image, palette(directory.numbers(PALETTE)))
                    : new RasterRows(image);
        }
    }

    /** The palette, 0xRRGGBB by index, of its reds, greens and blues of 16 bits: the upper 8, where Java rounds otherwise. */
    private static int[] palette(int[] colours) {
        int size = colours.length / 3;
        int[] palette = new int[size];
        for (int i = 0; i < size; i++) {
            palette[i] = ((colours[i] >> 8) << 16) | ((colours[size + i] >> 8) << 8) | (colours[2 * size + i] >> 8);
        }
        return palette;
    }
}
