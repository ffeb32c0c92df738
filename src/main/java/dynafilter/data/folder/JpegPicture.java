package dynafilter.data.folder;

import dynafilter.data.PixelPlanes;
import java.io.IOException;
import org.bytedeco.pytorch.Tensor;

/** The reader of JPEG files: Java's decoder gives the samples, and the rules of libjpeg and Pillow make colours of them. */
final class JpegPicture {
    static final String FORMAT = "JPEG";

    private JpegPicture() {}

    /**
     * Reads the content of a file.
     *
     * @param mostPixels it may have
     * @return uint8 [3, height, width], in the caller's scope
     * @throws IOException where the file is damaged or too large
     */
    static Tensor read(byte[] file, long mostPixels) throws IOException {
        JpegHeader header = JpegHeader.of(file);
        JpegSamples samples = samples(file, header, mostPixels);
        PixelPlanes planes = new PixelPlanes(samples.height(), samples.width());
        byte[] rgb = new byte[3 * samples.width()];
        for (int y = 0; y < samples.height(); y++) {
            header.colours().toRgb(samples.row(y), samples.width(), rgb);
            planes.put(y, rgb);
        }
        return planes.tensor();
    }

    /**
     * The samples that the decoder gives, before they become colours.
     *
     * @throws IOException where the file is damaged, or coded in a way that this Java's library does not know
     */
    static JpegSamples samples(byte[] file, JpegHeader header) throws IOException {
        return samples(file, header, PictureDecoder.MOST_PIXELS);
    }

    private static JpegSamples samples(byte[] file, JpegHeader header, long mostPixels) throws IOException {
        try (PictureDecoder decoder = new PictureDecoder(FORMAT, header.before(file), mostPixels)) {
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
}
