package dynafilter.data.folder;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/** Writes small PNG files of every colour type, depth and order of rows. The picture is noise. */
final class TestPng {
    static final int GREY = 0;
    static final int RGB = 2;
    static final int PALETTE = 3;
    static final int GREY_ALPHA = 4;
    static final int RGB_ALPHA = 6;

    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    private static final int[][] WHOLE = {{0, 0, 1, 1}};
    private static final int[][] ADAM7 = { // left, top, step to the right, step down
        {0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}
    };

    private final int width;
    private final int height;
    private final int type;
    private final int depth;
    private boolean interlaced;
    private int colours;
    private int most; // of the values
    private int pieces = 1;
    private final ByteArrayOutputStream chunks = new ByteArrayOutputStream();

    TestPng(int width, int height, int type, int depth) {
        this.width = width;
        this.height = height;
        this.type = type;
        this.depth = depth;
        colours = 1 << Math.min(8, depth);
        most = (1 << depth) - 1;
    }

    TestPng interlaced() {
        interlaced = true;
        return this;
    }

    /** A palette of so many colours; the picture uses the first {@code used} indices. */
    TestPng colours(int count, int used) {
        colours = count;
        most = used - 1;
        return this;
    }

    /** Pixels in so many chunks. */
    TestPng pieces(int count) {
        pieces = count;
        return this;
    }

    /** A chunk behind the header. */
    TestPng chunk(String name, int... content) {
        byte[] bytes = new byte[content.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) content[i];
        }
        return chunk(name, bytes);
    }

    TestPng chunk(String name, byte[] content) {
        write(chunks, name, content);
        return this;
    }

    TestPng profile(byte[] icc) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        content.writeBytes(new byte[] {'p', 0, 0});
        content.writeBytes(deflated(icc));
        return chunk("iCCP", content.toByteArray());
    }

    private int channels() {
        return type == RGB ? 3 : type == RGB_ALPHA ? 4 : type == GREY_ALPHA ? 2 : 1;
    }

    byte[] bytes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(SIGNATURE);
        ByteBuffer header = ByteBuffer.allocate(13).putInt(width).putInt(height);
        header.put((byte) depth).put((byte) type).put((byte) 0).put((byte) 0).put((byte) (interlaced ? 1 : 0));
        write(out, "IHDR", header.array());
        if (type == PALETTE) {
            byte[] palette = new byte[3 * colours];
            new Random(1).nextBytes(palette);
            write(out, "PLTE", palette);
        }
        out.writeBytes(chunks.toByteArray());
        byte[] pixels = deflated(pixels());
        for (int i = 0; i < pieces; i++) {
            write(
                    out,
                    "IDAT",
                    Arrays.copyOfRange(pixels, pixels.length * i / pieces, pixels.length * (i + 1) / pieces));
        }
        write(out, "IEND", new byte[0]);
        return out.toByteArray();
    }

    private byte[] pixels() {
        int channels = channels();
        Random random = new Random(width);
        int[] values = new int[width * height * channels];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextInt(most + 1);
        }
        ByteArrayOutputStream rows = new ByteArrayOutputStream();
        for (int[] pass : interlaced ? ADAM7 : WHOLE) {
            int across = (width - pass[0] + pass[2] - 1) / pass[2];
            byte[] above = new byte[(across * channels * depth + 7) / 8];
            for (int y = pass[1], filter = 0; y < height && across > 0; y += pass[3], filter = (filter + 1) % 5) {
                byte[] row = new byte[above.length];
                for (int i = 0; i < across * channels; i++) {
                    int x = pass[0] + i / channels * pass[2];
                    int value = values[(y * width + x) * channels + i % channels];
                    if (depth == 16) {
                        row[2 * i] = (byte) (value >> 8);
                        row[2 * i + 1] = (byte) value;
                    } else {
                        row[i * depth / 8] |= (byte) (value << (8 - depth - i * depth % 8));
                    }
                }
                rows.write(filter);
                rows.writeBytes(filtered(row, above, filter, Math.max(1, channels * depth / 8)));
                above = row;
            }
        }
        return rows.toByteArray();
    }

    private static byte[] filtered(byte[] row, byte[] above, int filter, int step) {
        byte[] filtered = new byte[row.length];
        for (int i = 0; i < row.length; i++) {
            int left = i < step ? 0 : row[i - step] & 0xff;
            int up = above[i] & 0xff;
            int corner = i < step ? 0 : above[i - step] & 0xff;
            int guess =
                    switch (filter) {
                        case 1 -> left;
                        case 2 -> up;
                        case 3 -> (left + up) / 2;
                        case 4 -> paeth(left, up, corner);
                        default -> 0;
                    };
            filtered[i] = (byte) (row[i] - guess);
        }
        return filtered;
    }

    private static int paeth(int left, int up, int corner) {
        int toLeft = Math.abs(up - corner);
        int toUp = Math.abs(left - corner);
        int toCorner = Math.abs(left + up - 2 * corner);
        return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
    }

    private static byte[] deflated(byte[] bytes) {
        Deflater deflater = new Deflater();
        deflater.setInput(bytes);
        deflater.finish();
        byte[] buffer = new byte[2 * bytes.length + 100];
        int length = deflater.deflate(buffer);
        deflater.end();
        return Arrays.copyOf(buffer, length);
    }

    private static void write(ByteArrayOutputStream out, String name, byte[] content) {
        byte[] named = ByteBuffer.allocate(4 + content.length)
                .put(name.getBytes(StandardCharsets.US_ASCII))
                .put(content)
                .array();
        CRC32 crc = new CRC32();
        crc.update(named);
        out.writeBytes(ByteBuffer.allocate(8 + named.length)
                .putInt(content.length)
                .put(named)
                .putInt((int) crc.getValue())
                .array());
    }
}
