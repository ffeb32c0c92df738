package dynafilter.data;

/**
 * Where an image of a set comes from.
 *
 * @param file the path of its file, for people; of a set that is generated, the name of the set
 * @param index its place among the images of the file, counted from 0; {@link #ALONE} where the file holds this image alone
 */
public record ImagePlace(String file, long index) {
    /** The index of the one image of a file. */
    public static final long ALONE = -1;

    /** The place in one word, such as "cats/1.png" or "test_batch.bin:17". */
    @Override
    public String toString() {
        return index == ALONE ? file : file + ":" + index;
    }
}
