package dynafilter.data;

/** Where the images of a set come from: worked out for those who ask, so that a large set keeps no list of objects. */
@FunctionalInterface
public interface ImagePlaces {
    /** The place of image {@code index} of the set. */
    ImagePlace of(long index);

    /** The places of the images of a set that has no files: its name and a number. */
    static ImagePlaces numbered(String set) {
        return index -> new ImagePlace(set, index);
    }

    /** The places of the images at some indices, in their order. */
    default ImagePlaces at(long[] indices) {
        return index -> of(indices[Math.toIntExact(index)]);
    }
}
