package dynafilter.data;

import org.jspecify.annotations.Nullable;

/**
 * The options with which a data set is opened.
 *
 * @param imageSize height and width of its images in pixels: they are resized to it
 * @param exif true: pictures are turned as their Exif orientation says; false: they stay as they are stored
 * @param skipBad true: image files that cannot be read are left out; false: they are an error
 * @param valSplit the share of the training images that will be held out for validation, 0 for none: a set that does not allow
 *     it is refused before anything is decoded; null: nothing will be trained
 */
public record DataOptions(
        int imageSize,
        boolean exif,
        boolean skipBad,
        @Nullable Double valSplit,
        DataListener listener) {
    /** The defaults: images of 32x32, upright, every file must be readable, nothing will be trained, nobody listens. */
    public static final DataOptions DEFAULT = new DataOptions(ImageSize.CIFAR, true, false, null, DataListener.NONE);
}
