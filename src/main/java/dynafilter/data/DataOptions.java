package dynafilter.data;

import java.util.OptionalDouble;

/**
 * How a data set is opened.
 *
 * @param imageSize height and width to bring its images to
 * @param skipBad whether image files that cannot be read are left out; else they are an error
 * @param valSplit the share of the training images that will be held out, 0 for none: sets that do not go with it are refused
 *     before anything is decoded. Empty where nothing will be trained
 */
public record DataOptions(int imageSize, boolean skipBad, OptionalDouble valSplit, DataListener listener) {
    /** 32x32, every file readable, nothing trained, nobody listening. */
    public static final DataOptions DEFAULT =
            new DataOptions(ImageSize.CIFAR, false, OptionalDouble.empty(), DataListener.NONE);
}
