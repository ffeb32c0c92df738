package dynafilter.data;

import dynafilter.io.InputException;

/** The height and width, in pixels, of the square images that a network takes. */
public final class ImageSize {
    /** The size of the images of CIFAR and of the sample set. */
    public static final int CIFAR = 32;

    private static final int LEAST = 8;
    private static final int MOST = 1024;

    private ImageSize() {}

    /**
     * Checks a size that somebody asked for.
     *
     * @throws InputException for a size that images cannot be resized to
     */
    public static void require(int size) {
        if (size < LEAST || size > MOST) {
            throw new InputException("--image-size " + size + ": must be from " + LEAST + " to " + MOST);
        }
    }
}
