package dynafilter.torchfile;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.checkpoint.Checkpoint;
import dynafilter.io.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.List;
import java.util.Random;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Files damaged by chance: each is refused in one line, or what is read is what was written. */
@Timeout(60)
class DamagedFileTest {
    private static final int VARIANTS = 600;

    @TempDir
    private Path folder;

    private Path good;
    private Path bad;
    private Checkpoint original;

    @BeforeEach
    void writeCheckpoint() {
        good = folder.resolve("good.pt");
        bad = folder.resolve("bad.pt");
        original = Samples.checkpoint();
        original.write(good);
    }

    @Test
    void noDamageGoesUnnoticed() throws IOException {
        byte[] bytes = Files.readAllBytes(good);
        Random random = new Random(1);
        int refused = 0;
        for (int i = 0; i < VARIANTS; i++) {
            Files.write(bad, Damage.to(bytes, random));
            try (Checkpoint read = Checkpoint.read(bad)) {
                assertTrue(Samples.same(original, read), "variant " + i + " was read as something else");
            } catch (InputException e) {
                assertTrue(e.getMessage().startsWith(bad + " "), e.getMessage());
                assertEquals(1, e.getMessage().lines().count(), e.getMessage());
                refused++;
            }
        }
        assertTrue(refused > VARIANTS / 2, refused + " refused");
    }

    /** As someone would who means harm: the damage is in the pickle, and the checksums are right. */
    @Test
    void noPickleDoesHarm() throws IOException {
        byte[] pickle = record("archive/data.pkl");
        Random random = new Random(2);
        for (int i = 0; i < VARIANTS; i++) {
            ZipBytes zip = ZipBytes.of(Damage.to(pickle, random));
            for (int key = 0; key < 4; key++) {
                zip.record("archive/data/" + key, record("archive/data/" + key));
            }
            zip.write(bad);
            readOrRefuse();
        }
    }

    @Test
    void noTruncationGoesUnnoticed() throws IOException {
        byte[] bytes = Files.readAllBytes(good);
        for (int length = 0; length < bytes.length; length += 37) {
            Files.write(bad, Arrays.copyOf(bytes, length));
            assertThrows(InputException.class, () -> Checkpoint.read(bad));
        }
    }

    @Test
    void aFlippedBitInTheWeightsIsFound() throws IOException {
        byte[] bytes = Files.readAllBytes(good);
        byte[] weights = record("archive/data/0");
        int at = indexOf(bytes, weights);
        bytes[at + 100] ^= 1;
        Files.write(bad, bytes);
        String message =
                assertThrows(InputException.class, () -> Checkpoint.read(bad)).getMessage();
        assertEquals(
                bad + " is damaged or incomplete: record archive/data/0 fails its CRC check;"
                        + " copy, download or save it again",
                message);
    }

    /** As {@code torch.serialization.set_crc32_options(False)} makes it write: 0 means that none was computed. */
    @Test
    void aDirectoryWhoseChecksumsAreAllZeroStatesNone() throws IOException {
        byte[] bytes = Files.readAllBytes(good);
        checksums(bytes, "").forEach(at -> Arrays.fill(bytes, at, at + 4, (byte) 0));
        Files.write(bad, bytes);
        try (Checkpoint read = Checkpoint.read(bad)) {
            assertTrue(Samples.same(original, read));
        }
    }

    @Test
    void oneChecksumOfZeroIsDamage() throws IOException {
        byte[] bytes = Files.readAllBytes(good);
        checksums(bytes, "archive/data/0").forEach(at -> Arrays.fill(bytes, at, at + 4, (byte) 0));
        Files.write(bad, bytes);
        String message =
                assertThrows(InputException.class, () -> Checkpoint.read(bad)).getMessage();
        assertTrue(message.contains("fails its CRC check"), message);
    }

    /** Where a zip file's directory states the checksums of records whose names begin so. */
    private static List<Integer> checksums(byte[] bytes, String name) {
        String text = new String(bytes, ISO_8859_1);
        List<Integer> places = new ArrayList<>();
        for (int at = text.indexOf("PK\1\2"); at >= 0; at = text.indexOf("PK\1\2", at + 1)) {
            if (text.startsWith(name, at + 46)) {
                places.add(at + 16);
            }
        }
        return places;
    }

    /** The old format has no checksums: its values may change, but nothing else may happen. */
    @Test
    void damagedFilesOfTheOldFormatDoNoHarm() throws IOException {
        byte[] bytes = LegacyBytes.of(new PickleBytes()
                .tensor(4, 0, new long[] {2, 2}, new long[] {2, 1})
                .stop());
        Files.write(bad, bytes);
        assertTrue(Samples.same(TorchFile.read(bad), Samples.counting(Dtype.FLOAT32, 2, 2)));
        Random random = new Random(3);
        for (int i = 0; i < VARIANTS; i++) {
            Files.write(bad, Damage.to(bytes, random));
            readOrRefuse();
        }
        for (int length = 0; length < bytes.length; length++) {
            Files.write(bad, Arrays.copyOf(bytes, length));
            assertThrows(InputException.class, () -> TorchFile.read(bad));
        }
    }

    private void readOrRefuse() {
        try {
            TorchFile.closeTensors(TorchFile.read(bad));
        } catch (InputException e) {
            assertEquals(1, e.getMessage().lines().count(), e.getMessage());
        }
    }

    private byte[] record(String name) throws IOException {
        try (ZipFile zip = new ZipFile(good.toFile())) {
            for (Enumeration<? extends ZipEntry> entries = zip.entries(); entries.hasMoreElements(); ) {
                ZipEntry entry = entries.nextElement();
                if (entry.getName().equals(name)) {
                    return zip.getInputStream(entry).readAllBytes();
                }
            }
        }
        throw new AssertionError("no record " + name);
    }

    private static int indexOf(byte[] bytes, byte[] part) {
        for (int at = 0; at + part.length <= bytes.length; at++) {
            if (Arrays.equals(bytes, at, at + part.length, part, 0, part.length)) {
                return at;
            }
        }
        throw new AssertionError("not there");
    }
}
