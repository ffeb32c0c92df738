package dynafilter.report.tensorboard;

import dynafilter.io.AtomicFile;
import dynafilter.io.InputException;
import dynafilter.io.ProtoMessage;
import dynafilter.runfolder.RunDirectory;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32C;

/**
 * An event file, which TensorBoard reads while it grows: one record an event, in TensorFlow's framing. A record is the length of the
 * event (8 bytes, little-endian), a checksum of the length (4 bytes), the event, and a checksum of the event (4 bytes).
 */
final class EventFile implements AutoCloseable {
    private static final int FRAME = Long.BYTES + 2 * Integer.BYTES;
    private static final int MASK = 0xa282ead8; // as in TensorFlow and LevelDB: a CRC of data with CRCs in it is weak

    private final Path path;
    private final FileOutputStream out; // not a channel, which an interrupt (Ctrl-C) would close
    private long length;

    /** Opens a file to append to. */
    EventFile(Path path) throws IOException {
        this.path = path;
        out = new FileOutputStream(path.toFile(), true);
        length = path.toFile().length();
    }

    /**
     * Makes a new file in a run's folder. Its name holds the time, by which TensorBoard orders the files of a folder; the new one
     * comes after those that are there, even where two begin in one second or the clock was put back.
     *
     * @throws dynafilter.io.OutputException where it cannot be written
     */
    static EventFile create(RunDirectory directory) {
        Path folder = directory.tensorboard();
        long time = Instant.now().getEpochSecond();
        for (Path older : directory.eventFiles()) {
            time = Math.max(time, time(older) + 1);
        }
        Path path = folder.resolve(String.format(Locale.ROOT, "%s%010d.dynafilter", RunDirectory.EVENTS, time));
        try {
            Files.createDirectories(folder);
            return new EventFile(path);
        } catch (IOException failure) {
            throw AtomicFile.cannotWrite(path, failure, "");
        }
    }

    private static long time(Path file) {
        String digits = file.getFileName()
                .toString()
                .substring(RunDirectory.EVENTS.length())
                .replaceFirst("\\..*", "");
        return digits.matches("\\d{1,10}") ? Long.parseLong(digits) : 0;
    }

    Path path() {
        return path;
    }

    /** True: a text, such as a tag, is in the events of a file; false: it is not. */
    static boolean mentions(Path path, String text) {
        try {
            return Files.readString(path, StandardCharsets.ISO_8859_1).contains(text); // bytes as they are
        } catch (IOException failure) {
            throw new InputException("cannot read " + path + "; check its permissions", failure);
        }
    }

    /** Appends events and forces them to disk; where that fails, none is in the file. */
    void append(List<ProtoMessage> events) throws IOException {
        List<byte[]> records = events.stream().map(ProtoMessage::toBytes).toList();
        ByteBuffer buffer = ByteBuffer.allocate(records.stream()
                        .mapToInt(record -> record.length + FRAME)
                        .sum())
                .order(ByteOrder.LITTLE_ENDIAN);
        for (byte[] record : records) {
            int start = buffer.position();
            buffer.putLong(record.length);
            buffer.putInt(maskedCrc(buffer.array(), start, Long.BYTES));
            buffer.put(record);
            buffer.putInt(maskedCrc(record, 0, record.length));
        }
        try {
            out.write(buffer.array());
            out.getFD().sync();
            length += buffer.capacity();
        } catch (IOException failure) {
            takeBack(failure);
            throw failure;
        }
    }

    /** Cuts off what was written of a record. */
    private void takeBack(IOException why) {
        try {
            out.getChannel().truncate(length);
        } catch (IOException failure) {
            why.addSuppressed(failure);
        }
    }

    static int maskedCrc(byte[] bytes, int from, int length) {
        CRC32C checksum = new CRC32C();
        checksum.update(bytes, from, length);
        return Integer.rotateRight((int) checksum.getValue(), 15) + MASK;
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
