package dynafilter.data.folder;

import java.util.Locale;

/**
 * What a picture passes with the number of its pixels, which its header tells, before memory is taken for them. A gate may hold it
 * up until there is room.
 */
public interface PixelGate {
    /** The limit above which Pillow, too, refuses a picture as a decompression bomb: decoded it would need half a gigabyte. */
    PixelGate PILLOWS = atMost(178_956_970);

    /**
     * Lets a picture in, which may come again with as many pixels or fewer.
     *
     * @throws TooManyPixels where it has more than are decoded
     */
    void enter(long pixels) throws TooManyPixels;

    /** One that refuses larger pictures. */
    static PixelGate atMost(long most) {
        return pixels -> {
            if (pixels > most) {
                throw new TooManyPixels(String.format(Locale.ROOT, "%,d pixels are too many", pixels));
            }
        };
    }
}
