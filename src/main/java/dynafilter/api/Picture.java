package dynafilter.api;

/**
 * A picture as a network sees it: decoded, its shorter side scaled to the network's size, the centre taken. It is immutable, lies
 * in Java's memory and can be classified any number of times; {@link Classifier#picture(byte[])} and its like make it.
 */
public final class Picture {
    private static final int CHANNELS = 3;

    private final int size;
    private final byte[] planes;

    /** @param planes taken, not copied */
    Picture(int size, byte[] planes) {
        this.size = size;
        this.planes = planes;
    }

    /**
     * A picture whose pixels are at hand in the right size.
     *
     * @param size height and width; a classifier takes those of its {@link Classifier#imageSize}
     * @param planes the planes of red, green and blue, each row by row: [3, size, size], 0 to 255 as unsigned bytes; copied
     * @throws IllegalArgumentException where there are not as many bytes
     */
    public static Picture ofPlanes(int size, byte[] planes) {
        if (size < 1 || planes.length != (long) CHANNELS * size * size) {
            throw new IllegalArgumentException(
                    planes.length + " bytes are no planes [" + CHANNELS + ", " + size + ", " + size + "]");
        }
        return new Picture(size, planes.clone());
    }

    /** Height and width. */
    public int size() {
        return size;
    }

    /** A copy of the planes of red, green and blue, each row by row: [3, size, size]. */
    public byte[] planes() {
        return planes.clone();
    }

    /** The planes themselves, which nobody changes. */
    byte[] pixels() {
        return planes;
    }
}
