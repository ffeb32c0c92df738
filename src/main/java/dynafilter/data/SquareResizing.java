package dynafilter.data;

/**
 * The resizing of one picture row by row, to the bits of libtorch's bilinear interpolation with antialiasing in float32: first
 * along the rows, then along the columns, each sum from its first pixel to its last. Only what the cropped square needs is
 * computed, and no more than a row of the picture is held beside it.
 *
 * @param down the weights of the square's rows
 * @param across the weights of its columns
 * @param isFused true: sums are fused multiply-adds; false: products are rounded before they are added
 */
record SquareResizing(TriangleWeights down, TriangleWeights across, int size, boolean isFused) {

    /** The planes of R, G and B: uint8 [3, size, size]. */
    byte[] bytes(PixelRows picture) {
        float[] values = values(picture);
        byte[] planes = new byte[values.length];
        for (int y = 0; y < size; y++) {
            for (int channel = 0; channel < 3; channel++) {
                for (int x = 0; x < size; x++) {
                    double value = Math.rint(values[(y * 3 + channel) * size + x]); // halves to even
                    planes[(channel * size + y) * size + x] = (byte) (int) Math.max(0, Math.min(255, value));
                }
            }
        }
        return planes;
    }

    /** The values before they are rounded, row by row: [size, 3, size]. */
    float[] values(PixelRows picture) {
        float[] values = new float[size * 3 * size];
        float[] row = new float[3 * size];
        byte[] rgb = new byte[3 * picture.width()];
        int from = 0; // the first row of the square that is not finished
        for (int y = down.first(0); y < down.end(size - 1); y++) {
            while (down.end(from) <= y) {
                from++;
            }
            picture.read(y, rgb);
            resize(rgb, picture.width(), row);
            for (int out = from; out < size && down.first(out) <= y; out++) {
                add(row, down.all()[down.place(out, y)], values, out * row.length);
            }
        }
        return values;
    }

    private void resize(byte[] rgb, int width, float[] row) {
        for (int x = 0; x < size; x++) {
            if (isFused) {
                fused(rgb, width, x, row);
            } else {
                plain(rgb, width, x, row);
            }
        }
    }

    private void fused(byte[] rgb, int width, int out, float[] row) {
        float[] weights = across.all();
        int end = across.end(out);
        float r = 0;
        float g = 0;
        float b = 0;
        for (int x = across.first(out), at = across.place(out, x); x < end; x++, at++) {
            float weight = weights[at];
            r = Math.fma(rgb[x] & 0xff, weight, r);
            g = Math.fma(rgb[width + x] & 0xff, weight, g);
            b = Math.fma(rgb[2 * width + x] & 0xff, weight, b);
        }
        row[out] = r;
        row[size + out] = g;
        row[2 * size + out] = b;
    }

    private void plain(byte[] rgb, int width, int out, float[] row) {
        float[] weights = across.all();
        int end = across.end(out);
        float r = 0;
        float g = 0;
        float b = 0;
        for (int x = across.first(out), at = across.place(out, x); x < end; x++, at++) {
            float weight = weights[at];
            r += (rgb[x] & 0xff) * weight;
            g += (rgb[width + x] & 0xff) * weight;
            b += (rgb[2 * width + x] & 0xff) * weight;
        }
        row[out] = r;
        row[size + out] = g;
        row[2 * size + out] = b;
    }

    /** Adds a row, times its weight, to a row of the square. */
    private void add(float[] row, float weight, float[] values, int at) {
        if (isFused) {
            for (int i = 0; i < row.length; i++) {
                values[at + i] = Math.fma(row[i], weight, values[at + i]);
            }
        } else {
            for (int i = 0; i < row.length; i++) {
                values[at + i] += row[i] * weight;
            }
        }
    }
}
