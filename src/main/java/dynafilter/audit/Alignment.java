package dynafilter.audit;

/**
 * How alike two images of 32x32 are, wherever their content lies: the highest correlation of their details over scales of 0.8 to
 * 1.25 and shifts of up to 4 pixels. Details are the luminance without what changes slowly over the image, so that skies do not
 * count as alike, and brightness, contrast and colour count for nothing.
 */
final class Alignment {
    /** Height and width of the images. */
    static final int SIDE = 32;

    private static final int PIXELS = SIDE * SIDE;
    private static final int MARGIN = 3; // pixels at the edge that are not compared: frames and the filters' borders
    private static final double CENTRE = (SIDE - 1) / 2.0;
    private static final double[] SCALES = {0.8, 0.9, 1, 1.11, 1.25};
    private static final double SMALLEST = 0.75;
    private static final double LARGEST = 1.35;
    private static final int FARTHEST = 4; // pixels of shift
    private static final int WIDE = 6; // blurs that leave what changes slowly
    private static final double LEAST_OVERLAP = 0.4; // of the pixels within the margin
    private static final double NOISE = 1; // squared levels of 255: below that variance, details say nothing
    private static final double HOPELESS = 0.55; // a coarse search below it never ends above the threshold

    private Alignment() {}

    /** A place of one image on the other: scale, and shift in pixels right and down. */
    private record Fit(double scale, double right, double down, double likeness) {}

    /**
     * The details of an image.
     *
     * @param planes uint8 [3, 32, 32]
     * @param mirrored true: those of its mirror image; false: its own
     * @return [32, 32]
     */
    static float[] details(byte[] planes, boolean mirrored) {
        float[] light = new float[PIXELS];
        for (int i = 0; i < PIXELS; i++) {
            int at = mirrored ? i / SIDE * SIDE + SIDE - 1 - i % SIDE : i;
            light[at] = 0.299F * (planes[i] & 0xff)
                    + 0.587F * (planes[PIXELS + i] & 0xff)
                    + 0.114F * (planes[2 * PIXELS + i] & 0xff);
        }
        float[] sharp = blurred(light);
        float[] slow = sharp;
        for (int i = 0; i < WIDE; i++) {
            slow = blurred(slow);
        }
        float[] details = new float[PIXELS];
        for (int i = 0; i < PIXELS; i++) {
            details[i] = sharp[i] - slow[i];
        }
        return details;
    }

    /** The image under the binomial filter (1, 2, 1) / 4 in both directions; edges are repeated. */
    private static float[] blurred(float[] image) {
        float[] across = new float[PIXELS];
        for (int y = 0; y < SIDE; y++) {
            for (int x = 0; x < SIDE; x++) {
                int row = y * SIDE;
                across[row + x] =
                        (image[row + Math.max(0, x - 1)] + 2 * image[row + x] + image[row + Math.min(SIDE - 1, x + 1)])
                                / 4;
            }
        }
        float[] both = new float[PIXELS];
        for (int y = 0; y < SIDE; y++) {
            int above = Math.max(0, y - 1) * SIDE;
            int below = Math.min(SIDE - 1, y + 1) * SIDE;
            for (int x = 0; x < SIDE; x++) {
                both[y * SIDE + x] = (across[above + x] + 2 * across[y * SIDE + x] + across[below + x]) / 4;
            }
        }
        return both;
    }

    /**
     * How alike two images are.
     *
     * @param one the details of one
     * @param other the details of the other
     * @return the correlation where they fit best, at most 1; where that is out of reach, that of a coarse search
     */
    static double likeness(float[] one, float[] other) {
        Fit best = new Fit(1, 0, 0, -1);
        for (double scale : SCALES) {
            for (int right = -FARTHEST; right <= FARTHEST; right += 2) {
                for (int down = -FARTHEST; down <= FARTHEST; down += 2) {
                    best = better(best, one, other, 2, scale, right, down);
                }
            }
        }
        if (best.likeness < HOPELESS) {
            return best.likeness;
        }
        Fit fine = at(one, other, 1, best.scale, best.right, best.down);
        for (double step = 1; step > 0.1; step /= 2) {
            for (double before = -1; fine.likeness > before; ) {
                before = fine.likeness;
                fine = better(fine, one, other, 1, fine.scale, fine.right + step, fine.down);
                fine = better(fine, one, other, 1, fine.scale, fine.right - step, fine.down);
                fine = better(fine, one, other, 1, fine.scale, fine.right, fine.down + step);
                fine = better(fine, one, other, 1, fine.scale, fine.right, fine.down - step);
                fine = better(fine, one, other, 1, fine.scale + 0.05 * step, fine.right, fine.down);
                fine = better(fine, one, other, 1, fine.scale - 0.05 * step, fine.right, fine.down);
            }
        }
        return fine.likeness;
    }

    private static Fit better(Fit best, float[] one, float[] other, int step, double scale, double right, double down) {
        if (scale < SMALLEST || scale > LARGEST || Math.abs(right) > FARTHEST + 1 || Math.abs(down) > FARTHEST + 1) {
            return best;
        }
        Fit fit = at(one, other, step, scale, right, down);
        return fit.likeness > best.likeness ? fit : best;
    }

    /** The correlation over every {@code step}-th pixel of one image whose place on the other is inside it. */
    private static Fit at(float[] one, float[] other, int step, double scale, double right, double down) {
        int count = 0;
        double sum = 0;
        double otherSum = 0;
        double squares = 0;
        double otherSquares = 0;
        double products = 0;
        for (int y = MARGIN; y < SIDE - MARGIN; y += step) {
            double row = (y - CENTRE) * scale + CENTRE + down;
            if (row < 0 || row > SIDE - 1) {
                continue;
            }
            int top = (int) row;
            float lower = (float) (row - top);
            int first = top * SIDE;
            int second = Math.min(SIDE - 1, top + 1) * SIDE;
            for (int x = MARGIN; x < SIDE - MARGIN; x += step) {
                double column = (x - CENTRE) * scale + CENTRE + right;
                if (column < 0 || column > SIDE - 1) {
                    continue;
                }
                int left = (int) column;
                int next = Math.min(SIDE - 1, left + 1);
                float farther = (float) (column - left);
                float above = other[first + left] + farther * (other[first + next] - other[first + left]);
                float below = other[second + left] + farther * (other[second + next] - other[second + left]);
                float there = above + lower * (below - above);
                float here = one[y * SIDE + x];
                count++;
                sum += here;
                otherSum += there;
                squares += here * here;
                otherSquares += there * there;
                products += here * there;
            }
        }
        double within = Math.pow(Math.ceil((SIDE - 2.0 * MARGIN) / step), 2);
        if (count < LEAST_OVERLAP * within) {
            return new Fit(scale, right, down, -1);
        }
        double variance = (squares - sum * sum / count) * (otherSquares - otherSum * otherSum / count);
        double likeness = (products - sum * otherSum / count) / (Math.sqrt(Math.max(0, variance)) + NOISE * count);
        return new Fit(scale, right, down, likeness);
    }
}
