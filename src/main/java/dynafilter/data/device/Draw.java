package dynafilter.data.device;

import java.util.List;

/** What is drawn for an image beyond its crop and flip. */
enum Draw {
    /** The part of the image that is shown, in pixels. */
    BOX_TOP,
    BOX_LEFT,
    BOX_HEIGHT,
    BOX_WIDTH,
    /** Factors. */
    BRIGHTNESS,
    CONTRAST,
    SATURATION,
    /** In turns. */
    HUE,
    /** The part of the image that is erased: the first rows and columns, and those behind the last; empty: nothing is. */
    ERASE_TOP,
    ERASE_LEFT,
    ERASE_BOTTOM,
    ERASE_RIGHT,
    /** The part of the image that is its partner's, likewise. */
    MIX_TOP,
    MIX_LEFT,
    MIX_BOTTOM,
    MIX_RIGHT,
    /** The share of the image's own pixels outside that part; the rest is its partner's. */
    MIX_OUTSIDE,
    /** The share of the image's own label. */
    MIX_SHARE;

    private static final List<Draw> ROWS = List.of(values());

    /** The row of a table of draws that holds it. */
    int row() {
        return ROWS.indexOf(this);
    }
}
