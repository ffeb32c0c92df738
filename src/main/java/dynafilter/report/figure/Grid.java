package dynafilter.report.figure;

/**
 * Numbers in rows, such as one response map.
 *
 * @param values [height * width], row by row
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
public record Grid(int height, int width, float[] values) {
    public Grid {
        if (height < 1 || width < 1 || values.length != height * width) {
            throw new IllegalArgumentException(values.length + " numbers are no " + height + " by " + width + " grid");
        }
    }

    public float at(int row, int column) {
        return values[row * width + column];
    }

    /** Brought to another size as PyTorch's {@code F.interpolate(mode="bilinear", align_corners=False)} does. */
    public Grid bilinear(int newHeight, int newWidth) {
        float[] enlarged = new float[newHeight * newWidth];
        for (int y = 0; y < newHeight; y++) {
            double row = position(y, newHeight, height);
            int above = (int) row;
            int below = Math.min(above + 1, height - 1);
            for (int x = 0; x < newWidth; x++) {
                double column = position(x, newWidth, width);
                int left = (int) column;
                int right = Math.min(left + 1, width - 1);
                double upper = between(at(above, left), at(above, right), column - left);
                double lower = between(at(below, left), at(below, right), column - left);
                enlarged[y * newWidth + x] = (float) between(upper, lower, row - above);
            }
        }
        return new Grid(newHeight, newWidth, enlarged);
    }

    /** Where the middle of a new cell lies among the middles of the old ones. */
    private static double position(int cell, int newCells, int cells) {
        return Math.max(0, Math.min(cells - 1, (cell + 0.5) * cells / newCells - 0.5));
    }

    private static double between(double from, double to, double share) {
        return from + share * (to - from);
    }
}
