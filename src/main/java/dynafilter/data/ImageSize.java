package dynafilter.data;

import dynafilter.io.InputException;

/** Height and width of the square images that a network takes. */
public final class ImageSize {
    /** Of the images of CIFAR and the sample set. */
    public static final int CIFAR = 32;

    private static final int LEAST = 8;
    private static final int MOST = 1024;

    private ImageSize() {}

    /** @throws InputException for a size that images cannot be brought to */
    public static void require(int size) {
        if (size < LEAST || size > MOST) {
            throw new InputException("--image-size " + size + ": must be from " + LEAST + " to " + MOST);
        }
    }
}
