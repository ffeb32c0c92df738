package dynafilter.torchfile;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;

/** What happens to bytes by chance. */
final class Damage {
    private static final int[] EXTREMES = {0, 1, 0x7f, 0x80, 0xff};

    private Damage() {}

    /** One to three random accidents. */
    static byte[] to(byte[] original, Random random) {
        byte[] bytes = original.clone();
        for (int accidents = 1 + random.nextInt(3); accidents > 0 && bytes.length > 8; accidents--) {
            int at = random.nextInt(bytes.length);
            int length = 1 + random.nextInt(Math.min(8, bytes.length - at));
            switch (random.nextInt(6)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt(256);
                case 2 -> Arrays.fill(bytes, at, at + length, (byte) EXTREMES[random.nextInt(EXTREMES.length)]);
                case 3 -> bytes = Arrays.copyOf(bytes, at);
                case 4 -> bytes = spliced(bytes, at, at + length); // cut out
                default -> bytes = spliced(bytes, at + length, at); // repeated
            }
        }
        return bytes;
    }

    private static byte[] spliced(byte[] bytes, int head, int tail) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(bytes, 0, head);
        out.write(bytes, tail, bytes.length - tail);
        return out.toByteArray();
    }
}
