package dynafilter.train;

/**
 * The progress of computing features.
 *
 * @param what what they are features of, such as "3 of 8 views" or "test images"
 * @param images the number of images done
 * @param total the number of all images
 */
public record FeatureProgress(String what, long images, long total) {}
