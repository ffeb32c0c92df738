package dynafilter.data.folder;

import dynafilter.data.folder.JpegHeader.Component;
import java.io.IOException;
import java.util.List;

/** The colour space of a JPEG file's components, and their conversion to R, G and B as in libjpeg and Pillow. */
enum JpegColours {
    GREY {
        @Override
        void toRgb(byte[] samples, int width, byte[] rgb) {
            System.arraycopy(samples, 0, rgb, 0, width);
            System.arraycopy(samples, 0, rgb, width, width);
            System.arraycopy(samples, 0, rgb, 2 * width, width);
        }
    },
    RGB {
        @Override
        void toRgb(byte[] samples, int width, byte[] rgb) {
            for (int x = 0; x < width; x++) {
                rgb[x] = samples[3 * x];
                rgb[width + x] = samples[3 * x + 1];
                rgb[2 * width + x] = samples[3 * x + 2];
            }
        }
    },
    YCBCR {
        @Override
        void toRgb(byte[] samples, int width, byte[] rgb) {
            fromYcbcr(samples, 3, width, rgb);
        }
    },
    /** Inks as Adobe's programs write them: 255 is no ink. */
    CMYK {
        @Override
        void toRgb(byte[] samples, int width, byte[] rgb) {
            for (int x = 0; x < width; x++) {
                int black = samples[4 * x + 3] & 0xff;
                for (int ink = 0; ink < 3; ink++) {
                    rgb[ink * width + x] = (byte) (black - share(255 - (samples[4 * x + ink] & 0xff), black));
                }
            }
        }
    },
    /** CMYK whose inks C, M and Y are written as the YCbCr of the light that they leave. */
    YCCK {
        @Override
        void toRgb(byte[] samples, int width, byte[] rgb) {
            fromYcbcr(samples, 4, width, rgb);
            for (int x = 0; x < width; x++) {
                int black = samples[4 * x + 3] & 0xff;
                for (int ink = 0; ink < 3; ink++) {
                    int at = ink * width + x;
                    rgb[at] = (byte) (black - share(rgb[at] & 0xff, black));
                }
            }
        }
    };

    /** The transformation of a file without Adobe's segment. */
    static final int NO_ADOBE = -1;

    private static final int BITS = 16; // behind the point
    private static final int HALF = 1 << (BITS - 1);
    private static final int RED_OF_CR = fixed(1.40200);
    private static final int BLUE_OF_CB = fixed(1.77200);
    private static final int GREEN_OF_CR = fixed(0.71414);
    private static final int GREEN_OF_CB = fixed(0.34414);

    /**
     * Converts one row.
     *
     * @param samples the samples of the row's pixels, one pixel after the other
     * @param rgb becomes the R of the pixels, then the G, then the B
     */
    abstract void toRgb(byte[] samples, int width, byte[] rgb);

    /**
     * The colour space of a file, by libjpeg's rules (default_decompress_parms).
     *
     * @param jfif true: the file has a JFIF segment; false: it has none
     * @param adobe the transformation that Adobe's segment names, {@link #NO_ADOBE} where there is no such segment
     * @throws IOException for a number of components that Pillow refuses, too
     */
    static JpegColours of(List<Component> components, boolean jfif, int adobe) throws IOException {
        return switch (components.size()) {
            case 1 -> GREY;
            case 3 -> {
                boolean named = components.stream()
                        .map(Component::id)
                        .toList()
                        .equals(List.of((int) 'R', (int) 'G', (int) 'B'));
                yield !jfif && (adobe == NO_ADOBE ? named : adobe == 0) ? RGB : YCBCR;
            }
            case 4 -> adobe == NO_ADOBE || adobe == 0 ? CMYK : YCCK;
            default -> throw new IOException("it has " + components.size() + " components, not 1, 3 or 4");
        };
    }

    private static int fixed(double factor) {
        return (int) Math.round(factor * (1 << BITS));
    }

    /** As jdcolor.c rounds; computed in place, which is quicker than its tables are looked up. */
    private static void fromYcbcr(byte[] samples, int bands, int width, byte[] rgb) {
        for (int x = 0, at = 0; x < width; x++, at += bands) {
            int y = samples[at] & 0xff;
            int cb = (samples[at + 1] & 0xff) - 128;
            int cr = (samples[at + 2] & 0xff) - 128;
            rgb[x] = clamp(y + ((RED_OF_CR * cr + HALF) >> BITS));
            rgb[width + x] = clamp(y + ((HALF - GREEN_OF_CB * cb - GREEN_OF_CR * cr) >> BITS));
            rgb[2 * width + x] = clamp(y + ((BLUE_OF_CB * cb + HALF) >> BITS));
        }
    }

    private static byte clamp(int value) {
        return (byte) ((value & ~0xff) == 0 ? value : ~(value >> 31)); // 0 below, 255 above
    }

    /** a * b / 255, rounded as Pillow does. */
    private static int share(int a, int b) {
        int product = a * b + 128;
        return ((product >> 8) + product) >> 8;
    }
}
