package dynafilter.data.folder;

import dynafilter.data.PixelRows;
import java.io.IOException;

/**
 * A decoded JPEG file: Java's decoder gives the samples, and the rules of libjpeg and Pillow make colours of them.
 *
 * @param colours the rules
 */
record JpegPicture(JpegSamples samples, JpegColours colours) implements PixelRows {
    private static final String FORMAT = "JPEG";

    /**
     * Decodes the content of a file.
     *
     * @throws IOException where the file is damaged
     */
    static JpegPicture of(byte[] file, JpegHeader header, PixelGate gate) throws IOException {
        return new JpegPicture(samples(file, header, gate), header.colours());
    }

    /**
     * The samples that the decoder gives, before they become colours.
     *
     * @throws IOException where the file is damaged, or coded in a way that this Java's library does not know
     */
    static JpegSamples samples(byte[] file, JpegHeader header) throws IOException {
        return samples(file, header, PixelGate.PILLOWS);
    }

    private static JpegSamples samples(byte[] file, JpegHeader header, PixelGate gate) throws IOException {
        try (PictureDecoder decoder = PictureDecoder.of(FORMAT, header.before(file), gate)) {
            return new JpegSamples(decoder.samples(), header);
        } catch (IOException failure) {
            if (header.isArithmetic() && String.valueOf(failure.getMessage()).contains("arithmetic")) {
                throw new IOException(
                        "it is arithmetic-coded, which this Java's JPEG library does not know; save it in the"
                                + " usual way (jpegtran -optimize), or use a Java on libjpeg-turbo, such as Debian's");
            }
            throw failure;
        }
    }

    @Override
    public int width() {
        return samples.width();
    }

    @Override
    public int height() {
        return samples.height();
    }

    @Override
    public void read(int y, byte[] rgb) {
        colours.toRgb(samples.row(y), width(), rgb);
    }
}
