package dynafilter.runtime;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A library made of nothing but a section of fat binaries. */
class FatBinaryTest {
    private static final int PTX = 1;
    private static final int MACHINE_CODE = 2;
    private static final int SECTIONS = 64;
    private static final int NAMES = SECTIONS + 3 * 64;
    private static final int CODE = NAMES + 32;

    @TempDir
    private Path folder;

    private final ByteBuffer bytes = ByteBuffer.allocate(1000).order(ByteOrder.LITTLE_ENDIAN);

    @BeforeEach
    void makeElf() {
        bytes.putInt(0, 0x464C457F).put(4, (byte) 2).putLong(0x28, SECTIONS);
        bytes.putShort(0x3A, (short) 64).putShort(0x3C, (short) 3).putShort(0x3E, (short) 2);
        bytes.position(NAMES).put("\0.nv_fatbin\0.strings\0".getBytes(US_ASCII));
        section(1, 1, CODE, bytes.capacity() - CODE);
        section(2, 12, NAMES, 32);
        bytes.position(CODE);
    }

    private void section(int number, int name, long offset, long size) {
        bytes.putInt(SECTIONS + 64 * number, name);
        bytes.putLong(SECTIONS + 64 * number + 0x18, offset).putLong(SECTIONS + 64 * number + 0x20, size);
    }

    private void fatBinary(int... kindArchitectureAndFirstByte) {
        int entries = kindArchitectureAndFirstByte.length / 3;
        bytes.putInt(0xBA55ED50).putShort((short) 1).putShort((short) 16).putLong(entries * 48L);
        for (int i = 0; i < entries; i++) {
            int at = bytes.position();
            bytes.putShort((short) kindArchitectureAndFirstByte[3 * i])
                    .putInt(at + 4, 32)
                    .putLong(at + 8, 16);
            bytes.putInt(at + 28, kindArchitectureAndFirstByte[3 * i + 1]);
            bytes.put(at + 32, (byte) kindArchitectureAndFirstByte[3 * i + 2]).position(at + 48);
        }
    }

    private Set<Integer> architectures() throws IOException {
        return FatBinary.architectures(Files.write(folder.resolve("lib.so"), bytes.array()));
    }

    @Test
    void countsMachineCodeThatIsThere() throws IOException {
        fatBinary(MACHINE_CODE, 80, 0, MACHINE_CODE, 90, 7, PTX, 120, 7);
        bytes.position(bytes.position() + 24); // a gap
        fatBinary(MACHINE_CODE, 75, 7, MACHINE_CODE, 90, 7);
        assertEquals(new TreeSet<>(Arrays.asList(75, 90)), architectures());
    }

    @Test
    void aLibraryWithoutGpuCodeHasNone() throws IOException {
        assertEquals(Set.of(), architectures());
    }

    @Test
    void damagedFilesAreRefusedAndEndTheSearch() throws IOException {
        fatBinary(MACHINE_CODE, 90, 7);
        bytes.putInt(CODE + 16 + 4, 0);
        assertThrows(IOException.class, this::architectures);
        bytes.putInt(CODE + 16 + 4, 32).putLong(CODE + 16 + 8, 1L << 40);
        assertThrows(IOException.class, this::architectures);
        bytes.putLong(CODE + 8, -16);
        assertThrows(IOException.class, this::architectures);
        bytes.putLong(0x28, 1L << 50);
        assertThrows(IOException.class, this::architectures);
        Path text = Files.writeString(folder.resolve("text"), "no library");
        assertThrows(IOException.class, () -> FatBinary.architectures(text));
    }
}
