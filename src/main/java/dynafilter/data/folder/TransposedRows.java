package dynafilter.data.folder;

import dynafilter.data.PixelRows;

/**
 * A picture whose rows are the columns of another.
 *
 * @param planes R, G and B: [3, height, width]
 */
@SuppressWarnings("ArrayRecordComponent") // written out; compared by nobody
record TransposedRows(int width, int height, byte[][] planes) implements PixelRows {
    private static final int BLOCK = 32; // rows that are read before they are written side by side

    static TransposedRows of(PixelRows picture) {
        int width = picture.height();
        int height = picture.width();
        byte[][] planes = new byte[3][width * height];
        byte[][] block = new byte[BLOCK][3 * height];
        for (int from = 0; from < width; from += BLOCK) {
            int rows = Math.min(BLOCK, width - from);
            for (int i = 0; i < rows; i++) {
                picture.read(from + i, block[i]);
            }
            for (int channel = 0; channel < 3; channel++) {
                for (int y = 0; y < height; y++) {
                    for (int i = 0; i < rows; i++) {
                        planes[channel][y * width + from + i] = block[i][channel * height + y];
                    }
                }
            }
        }
        return new TransposedRows(width, height, planes);
    }

    @Override
    public void read(int y, byte[] rgb) {
        for (int channel = 0; channel < 3; channel++) {
            System.arraycopy(planes[channel], y * width, rgb, channel * width, width);
        }
    }
}
