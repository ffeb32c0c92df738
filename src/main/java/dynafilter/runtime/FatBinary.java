package dynafilter.runtime;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The GPU machine code inside a shared library: a section {@code .nv_fatbin} of fat binaries, each a header (magic
 * 0xBA55ED50, u16 version, u16 header size, u64 size) followed by entries (u16 kind: 1 PTX, 2 machine code; u32 header size
 * at 4, u64 payload size at 8, u32 architecture at 28).
 */
final class FatBinary {
    private static final String SECTION = ".nv_fatbin";
    private static final int MAGIC = 0xBA55ED50;
    private static final int MACHINE_CODE = 2;
    private static final int ENTRY_HEADER = 32;

    private FatBinary() {}

    /**
     * The GPU architectures that a library has machine code for, such as 90 for compute capability 9.0. An architecture whose
     * code was taken out or zeroed to make the library small does not count.
     *
     * @throws IOException where the file cannot be read or is not a 64-bit ELF file
     */
    static SortedSet<Integer> architectures(Path library) throws IOException {
        SortedSet<Integer> found = new TreeSet<>();
        try (FileChannel channel = FileChannel.open(library, StandardOpenOption.READ)) {
            ByteBuffer file = map(channel, 0, Math.min(channel.size(), 64));
            if (file.limit() < 64 || file.getInt(0) != 0x464C457F || file.get(4) != 2) {
                throw new IOException(library + " is no 64-bit ELF file");
            }
            long table = file.getLong(0x28);
            int entrySize = file.getShort(0x3A);
            int entries = Short.toUnsignedInt(file.getShort(0x3C));
            ByteBuffer sections = map(channel, table, (long) entrySize * entries);
            int names = Short.toUnsignedInt(file.getShort(0x3E)) * entrySize;
            ByteBuffer strings = map(channel, sections.getLong(names + 0x18), sections.getLong(names + 0x20));
            for (int at = 0; at < sections.limit(); at += entrySize) {
                if (SECTION.equals(string(strings, sections.getInt(at)))) {
                    read(map(channel, sections.getLong(at + 0x18), sections.getLong(at + 0x20)), found);
                }
            }
        } catch (IndexOutOfBoundsException | IllegalArgumentException | ArithmeticException damaged) {
            throw new IOException(library + " is damaged", damaged);
        }
        return found;
    }

    private static ByteBuffer map(FileChannel channel, long from, long size) throws IOException {
        return channel.map(FileChannel.MapMode.READ_ONLY, from, size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static String string(ByteBuffer strings, int from) {
        StringBuilder text = new StringBuilder();
        for (int at = from; strings.get(at) != 0; at++) {
            text.append((char) strings.get(at));
        }
        return text.toString();
    }

    private static void read(ByteBuffer section, SortedSet<Integer> found) {
        int at = 0;
        while (at + 16 <= section.limit()) {
            if (section.getInt(at) != MAGIC) {
                at += 8; // fat binaries are aligned, with gaps
                continue;
            }
            int entry = at + Short.toUnsignedInt(section.getShort(at + 6));
            int end = Math.toIntExact(entry + section.getLong(at + 8));
            if (end < entry) {
                throw new IndexOutOfBoundsException("fat binary at " + at);
            }
            while (entry + ENTRY_HEADER <= end) {
                int header = section.getInt(entry + 4);
                long payload = section.getLong(entry + 8);
                if (header < ENTRY_HEADER || payload < 0) {
                    throw new IndexOutOfBoundsException("entry at " + entry);
                }
                if (section.getShort(entry) == MACHINE_CODE && payload >= 8 && section.getLong(entry + header) != 0) {
                    found.add(section.getInt(entry + 28));
                }
                entry = Math.toIntExact(entry + header + payload);
            }
            at = (end + 7) & -8;
        }
    }
}
