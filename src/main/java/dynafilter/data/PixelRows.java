package dynafilter.data;

/** A picture whose rows are read one at a time, in any order. */
public interface PixelRows {
    /** The number of pixels in a row. */
    int width();

    /** The number of rows. */
    int height();

    /**
     * Reads a row.
     *
     * @param y the row, counted from 0 at the top
     * @param rgb becomes the R of the row's pixels, then the G, then the B: at least 3 * width bytes
     */
    void read(int y, byte[] rgb);
}
