package dynafilter.data.folder;

import java.io.ByteArrayOutputStream;

/**
 * Huffman coding as simple as the format allows: codes of equal length, 4 bits for the sizes of first coefficients, 8 bits for
 * runs and sizes of the others.
 */
final class TestJpegBits {
    private static final int SIZES = 12;
    private static final int RUNS = 162;
    private static final int SYMBOLS =
            17; // place of the symbols in a table, behind its name and the number of codes by length

    private final ByteArrayOutputStream out;
    private int bits;
    private int bitCount;

    TestJpegBits(ByteArrayOutputStream out) {
        this.out = out;
    }

    /** What belongs into a DHT segment for the first coefficients. */
    static int[] tableOfFirst() {
        int[] table = new int[SYMBOLS + SIZES];
        table[4] = SIZES;
        for (int i = 0; i < SIZES; i++) {
            table[SYMBOLS + i] = i;
        }
        return table;
    }

    /** The same for the others: the end of the block, sixteen zeros, then run and size. */
    static int[] tableOfOthers() {
        int[] table = new int[SYMBOLS + RUNS];
        table[0] = 0x10;
        table[8] = RUNS;
        table[SYMBOLS + 1] = 0xf0;
        for (int i = 2; i < RUNS; i++) {
            table[SYMBOLS + i] = (((i - 2) / 10) << 4) + (i - 2) % 10 + 1;
        }
        return table;
    }

    /**
     * Writes a block.
     *
     * @param block quantised coefficients, in zigzag order
     * @param before the first coefficient of the component's block before
     * @param from first of the coefficients to write
     * @param to last of them
     * @return what is {@code before} for the next
     */
    int put(int[] block, int before, int from, int to) {
        int first = before;
        if (from == 0) {
            first = block[0];
            int size = size(first - before);
            put(size, 4);
            amplitude(first - before, size);
        }
        int run = 0;
        for (int k = Math.max(1, from); k <= to; k++) {
            if (block[k] == 0) {
                run++;
                continue;
            }
            for (; run > 15; run -= 16) {
                put(1, 8);
            }
            int size = size(block[k]);
            put(2 + 10 * run + size - 1, 8);
            amplitude(block[k], size);
            run = 0;
        }
        if (run > 0) {
            put(0, 8);
        }
        return first;
    }

    private static int size(int value) {
        return 32 - Integer.numberOfLeadingZeros(Math.abs(value));
    }

    private void amplitude(int value, int size) {
        put(value < 0 ? value + (1 << size) - 1 : value, size);
    }

    private void put(int value, int count) {
        for (int i = count - 1; i >= 0; i--) {
            bits = (bits << 1) + ((value >> i) & 1);
            if (++bitCount == 8) {
                out.write(bits);
                if ((bits & 0xff) == 0xff) {
                    out.write(0);
                }
                bitCount = 0;
            }
        }
    }

    /** Up to the next whole byte. */
    void fill() {
        while (bitCount != 0) {
            put(1, 1);
        }
    }
}
