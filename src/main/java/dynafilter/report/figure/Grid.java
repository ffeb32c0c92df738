package dynafilter.report.figure;

/**
 * A grid of numbers, such as one response map.
 *
 * @param values [height * width], row by row
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
public record Grid(int height, int width, float[] values) {
    /** @throws IllegalArgumentException where there are not as many numbers as places */
    public Grid {
        if (height < 1 || width < 1 || values.length != height * width) {
            throw new IllegalArgumentException(values.length + " numbers are no " + height + " by " + width + " grid");
        }
    }

    /** The number in a row and column, both counted from 0. */
    public float at(int row, int column) {
        return values[row * width + column];
    }

    /** The grid interpolated to another size, as by PyTorch's {@code F.interpolate(mode="bilinear", align_corners=False)}. */
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

    /** The position of a new cell's middle, in old cells. */
    private static double position(int cell, int newCells, int cells) {
        return Math.max(0, Math.min(cells - 1, (cell + 0.5) * cells / newCells - 0.5));
    }

    private static double between(double from, double to, double share) {
        return from + share * (to - from);
    }
}
