package dynafilter.data.cifar;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Small made-up files in CIFAR-10's binary format. */
public final class CifarFiles {
    static final int RECORD = 3073;

    private CifarFiles() {}

    /** Records of these labels; pixel p of record r of file seed is (31 r + p + seed) mod 256. */
    public static byte[] records(int seed, int... labels) {
        byte[] bytes = new byte[labels.length * RECORD];
        for (int r = 0; r < labels.length; r++) {
            bytes[r * RECORD] = (byte) labels[r];
            for (int p = 0; p < RECORD - 1; p++) {
                bytes[r * RECORD + 1 + p] = pixel(seed, r, p);
            }
        }
        return bytes;
    }

    static byte pixel(int seed, int record, int place) {
        return (byte) (31 * record + place + seed);
    }

    /** A folder with data_batch_2.bin, data_batch_1.bin (2 and 3 images) and test_batch.bin (1 image). */
    public static Path folder(Path dir) throws IOException {
        Files.createDirectories(dir);
        Files.write(dir.resolve("data_batch_2.bin"), records(2, 9, 0));
        Files.write(dir.resolve("data_batch_1.bin"), records(1, 3, 4, 5));
        Files.write(dir.resolve("test_batch.bin"), records(7, 8));
        return dir;
    }
}
