package dynafilter.data.folder;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Writes small JPEG files of kinds that no library at hand writes: any sampling, any names of the components, any markers. The
 * picture is a made-up one: waves under noise.
 */
final class TestJpeg {
    private static final int BLOCK = 8;
    private static final int[] ZIGZAG = {
        0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14,
        21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60,
        61, 54, 47, 55, 62, 63
    };
    private static final int QUANTUM = 3;
    private static final double[][] COSINE = cosines();

    private final int width;
    private final int height;
    private final int[] across; // sampling factors of the components
    private final int[] down;
    private int[] ids = {1, 2, 3, 4};
    private boolean progressive;
    private boolean whole = true;
    private int restartInterval;
    private final ByteArrayOutputStream segments = new ByteArrayOutputStream();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** @param sampling such as 2x1,1x1,1x1: as many factors as components */
    TestJpeg(int width, int height, String sampling) {
        this.width = width;
        this.height = height;
        String[] factors = sampling.split(",", -1);
        across = new int[factors.length];
        down = new int[factors.length];
        for (int i = 0; i < factors.length; i++) {
            across[i] = factors[i].charAt(0) - '0';
            down[i] = factors[i].charAt(2) - '0';
        }
    }

    TestJpeg ids(int... names) {
        ids = names;
        return this;
    }

    /** Frequencies in scans of their own. */
    TestJpeg progressive() {
        progressive = true;
        return this;
    }

    /** Progressive, and the last component's higher frequencies never come. */
    TestJpeg withoutTheLastScan() {
        progressive = true;
        whole = false;
        return this;
    }

    TestJpeg restarts(int everyUnits) {
        restartInterval = everyUnits;
        return this;
    }

    TestJpeg jfif() {
        return segment(0xe0, "JFIF\0\1\1\0\0\1\0\1\0\0");
    }

    TestJpeg adobe(int transform) {
        return segment(0xee, "Adobe\0d\0\0\0\0" + (char) transform);
    }

    TestJpeg orientation(int value) {
        return segment(0xe1, "Exif\0\0MM\0*\0\0\0\10\0\1\1\22\0\3\0\0\0\1\0" + (char) value + "\0\0\0\0\0\0");
    }

    TestJpeg profile(byte[] icc) {
        return segment(0xe2, "ICC_PROFILE\0\1\1" + new String(icc, StandardCharsets.ISO_8859_1));
    }

    TestJpeg segment(int marker, String content) {
        segment(segments, marker, content.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    /** Bytes between the segments. */
    TestJpeg raw(int... bytes) {
        for (int value : bytes) {
            segments.write(value);
        }
        return this;
    }

    private static void segment(ByteArrayOutputStream to, int marker, byte[] content) {
        to.write(0xff);
        to.write(marker);
        to.write((content.length + 2) >> 8);
        to.write(content.length + 2);
        to.writeBytes(content);
    }

    private void segment(int marker, int... content) {
        byte[] bytes = new byte[content.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) content[i];
        }
        segment(out, marker, bytes);
    }

    byte[] bytes() {
        out.reset();
        out.write(0xff);
        out.write(0xd8);
        out.writeBytes(segments.toByteArray());
        tables();
        frame();
        int last = across.length - 1;
        List<int[][]> planes = new ArrayList<>();
        for (int c = 0; c <= last; c++) {
            planes.add(blocks(c));
        }
        if (!progressive) {
            scan(planes, 0, last, 0, 63);
        } else {
            scan(planes, 0, last, 0, 0);
            for (int c = 0; c <= last - (whole ? 0 : 1); c++) {
                scan(planes, c, c, 1, 63);
            }
        }
        out.write(0xff);
        out.write(0xd9);
        return out.toByteArray();
    }

    private void tables() {
        int[] quanta = new int[65];
        Arrays.fill(quanta, 1, 65, QUANTUM);
        segment(0xdb, quanta);
        segment(0xc4, TestJpegBits.tableOfFirst());
        segment(0xc4, TestJpegBits.tableOfOthers());
        if (restartInterval > 0) {
            segment(0xdd, restartInterval >> 8, restartInterval);
        }
    }

    private void frame() {
        int[] frame = new int[6 + 3 * across.length];
        int[] head = {8, height >> 8, height, width >> 8, width, across.length};
        System.arraycopy(head, 0, frame, 0, head.length);
        for (int c = 0; c < across.length; c++) {
            frame[6 + 3 * c] = ids[c];
            frame[7 + 3 * c] = (across[c] << 4) + down[c];
        }
        segment(progressive ? 0xc2 : 0xc0, frame);
    }

    private static int most(int[] factors) {
        return Arrays.stream(factors).max().getAsInt();
    }

    private static int ceil(int a, int b) {
        return (a + b - 1) / b;
    }

    private int unitsAcross() {
        return ceil(width, BLOCK * most(across));
    }

    private int unitsDown() {
        return ceil(height, BLOCK * most(down));
    }

    /** Quantised coefficients by block, rows of blocks one after the other, whole units. */
    private int[][] blocks(int component) {
        int columns = unitsAcross() * across[component];
        int rows = unitsDown() * down[component];
        int[][] blocks = new int[rows * columns][];
        double stepX = (double) most(across) / across[component];
        double stepY = (double) most(down) / down[component];
        Random random = new Random(component);
        for (int i = 0; i < blocks.length; i++) {
            double[] samples = new double[BLOCK * BLOCK];
            for (int k = 0; k < samples.length; k++) {
                double x = (i % columns * BLOCK + k % BLOCK) * stepX;
                double y = (i / columns * BLOCK + k / BLOCK) * stepY;
                samples[k] = 90 * Math.sin((x * (component + 1) + 2 * y) / 9) + 60 * random.nextGaussian();
                samples[k] = Math.max(-128, Math.min(127, samples[k]));
            }
            blocks[i] = coefficients(samples);
        }
        return blocks;
    }

    /** By place and frequency. */
    private static double[][] cosines() {
        double[][] cosines = new double[BLOCK][BLOCK];
        for (int x = 0; x < BLOCK; x++) {
            for (int u = 0; u < BLOCK; u++) {
                cosines[x][u] = Math.cos((2 * x + 1) * u * Math.PI / 16) * (u == 0 ? Math.sqrt(0.5) : 1) / 2;
            }
        }
        return cosines;
    }

    private static int[] coefficients(double[] samples) {
        int[] coefficients = new int[64];
        for (int k = 0; k < 64; k++) {
            int u = ZIGZAG[k] % BLOCK;
            int v = ZIGZAG[k] / BLOCK;
            double sum = 0;
            for (int i = 0; i < 64; i++) {
                sum += samples[i] * COSINE[i % BLOCK][u] * COSINE[i / BLOCK][v];
            }
            coefficients[k] = (int) Math.rint(sum / QUANTUM);
        }
        return coefficients;
    }

    private void scan(List<int[][]> planes, int fromComponent, int toComponent, int from, int to) {
        int count = toComponent - fromComponent + 1;
        int[] head = new int[4 + 2 * count];
        head[0] = count;
        for (int c = 0; c < count; c++) {
            head[1 + 2 * c] = ids[fromComponent + c];
        }
        head[1 + 2 * count] = from;
        head[2 + 2 * count] = to;
        segment(0xda, head);
        int[] before = new int[across.length];
        int restarts = 0;
        TestJpegBits bits = new TestJpegBits(out);
        boolean single = count == 1;
        int columns = single ? ceil(ceil(width * across[fromComponent], most(across)), BLOCK) : unitsAcross();
        int rows = single ? ceil(ceil(height * down[fromComponent], most(down)), BLOCK) : unitsDown();
        for (int unit = 0; unit < columns * rows; unit++) {
            if (restartInterval > 0 && unit > 0 && unit % restartInterval == 0) {
                bits.fill();
                out.write(0xff);
                out.write(0xd0 + restarts++ % 8);
                before = new int[across.length];
            }
            for (int c = fromComponent; c <= toComponent; c++) {
                int h = single ? 1 : across[c];
                int v = single ? 1 : down[c];
                for (int y = 0; y < v; y++) {
                    for (int x = 0; x < h; x++) {
                        int row = unit / columns * v + y;
                        int column = unit % columns * h + x;
                        int[] block = planes.get(c)[row * unitsAcross() * across[c] + column];
                        before[c] = bits.put(block, before[c], from, to);
                    }
                }
            }
        }
        bits.fill();
    }
}
