package dynafilter.report.page;

import dynafilter.audit.AuditedImages;
import dynafilter.data.PixelRows;
import dynafilter.data.SquareImage;
import dynafilter.report.figure.PixelImage;
import java.io.IOException;
import java.io.UncheckedIOException;

/** A small picture of an image, as the network sees it, for pages with many of them. */
final class Thumbnail {
    /** The largest height and width in pixels: of a thousand photos it makes a page of ten megabytes. */
    private static final int LARGEST = 64;

    private Thumbnail() {}

    /** @param alt what it shows, for those who do not see it */
    static Html of(AuditedImages images, int image, String alt) {
        return Html.of("img")
                .as("photo")
                .set("src", picture(images.pixels(image), images.imageSize()).dataUri())
                .set("alt", alt)
                .set("loading", "lazy");
    }

    private static PixelImage picture(byte[] planes, int size) {
        if (size <= LARGEST) {
            return PixelImage.ofPlanes(planes, size, size);
        }
        try {
            return PixelImage.ofPlanes(SquareImage.of(new Planes(planes, size), LARGEST), LARGEST, LARGEST);
        } catch (IOException narrow) {
            throw new UncheckedIOException("a square is not narrow", narrow);
        }
    }

    /** @param planes uint8 [3, size, size] */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    private record Planes(byte[] planes, int size) implements PixelRows {
        @Override
        public int width() {
            return size;
        }

        @Override
        public int height() {
            return size;
        }

        @Override
        public void read(int y, byte[] rgb) {
            for (int channel = 0; channel < 3; channel++) {
                System.arraycopy(planes, (channel * size + y) * size, rgb, channel * size, size);
            }
        }
    }
}
