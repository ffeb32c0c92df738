package dynafilter.data.folder;

import dynafilter.data.PixelRows;

/**
 * How a stored picture is to be turned to stand upright: the values 1 to 8 of Exif's tag 274, which tells where the first row
 * and the first column of the stored picture belong.
 */
enum Orientation {
    UPRIGHT(false, false, false),
    MIRRORED(false, true, false),
    UPSIDE_DOWN(false, true, true),
    FLIPPED(false, false, true),
    TRANSPOSED(true, false, false),
    TURNED_RIGHT(true, true, false),
    TRANSVERSED(true, true, true),
    TURNED_LEFT(true, false, true);

    private final boolean transposes;
    private final boolean mirrors;
    private final boolean flips;

    /**
     * @param transposes true: stored rows become columns, before the rest; false: they stay rows
     * @param mirrors true: the left becomes the right; false: it stays
     * @param flips true: the top becomes the bottom; false: it stays
     */
    Orientation(boolean transposes, boolean mirrors, boolean flips) {
        this.transposes = transposes;
        this.mirrors = mirrors;
        this.flips = flips;
    }

    /** The orientation of a tag's value; values that mean nothing count as upright. */
    static Orientation of(int value) {
        return value >= 1 && value <= values().length ? values()[value - 1] : UPRIGHT;
    }

    /** The picture turned upright. */
    PixelRows turn(PixelRows stored) {
        if (this == UPRIGHT) {
            return stored;
        }
        PixelRows rows = transposes ? TransposedRows.of(stored) : stored;
        return new Turned(rows, mirrors, flips);
    }

    /** A picture whose rows are read from the other end, or in the other order. */
    private record Turned(PixelRows rows, boolean mirrors, boolean flips) implements PixelRows {
        @Override
        public int width() {
            return rows.width();
        }

        @Override
        public int height() {
            return rows.height();
        }

        @Override
        public void read(int y, byte[] rgb) {
            rows.read(flips ? height() - 1 - y : y, rgb);
            for (int channel = 0; mirrors && channel < 3; channel++) {
                reverse(rgb, channel * width(), (channel + 1) * width());
            }
        }

        private static void reverse(byte[] values, int from, int to) {
            for (int low = from, high = to - 1; low < high; low++, high--) {
                byte value = values[low];
                values[low] = values[high];
                values[high] = value;
            }
        }
    }
}
