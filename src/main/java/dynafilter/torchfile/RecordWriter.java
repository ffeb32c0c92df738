package dynafilter.torchfile;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.LocalDateTime;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Writes the records of a zip file as PyTorch does: uncompressed, in one folder, and at multiples of 64 bytes, so that they can be
 * mapped. There is no {@code .format_version} record: with it Python would compute where records lie instead of looking it up,
 * assuming that they are followed by the data descriptors of its own zip library.
 */
public final class RecordWriter {
    private static final int ALIGNMENT = 64;

    private final ZipArchiveOutputStream zip;
    private final String root;

    /**
     * @param out takes the file, and is not closed
     * @param folder the name of the folder that all records lie in
     */
    public RecordWriter(OutputStream out, String folder) {
        zip = new ZipArchiveOutputStream(out);
        root = folder + "/";
    }

    /** Writes a record. */
    public void write(String name, byte[] bytes) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(ByteBuffer.wrap(bytes));
        begin(name, bytes.length, crc.getValue());
        zip.write(bytes);
        zip.closeArchiveEntry();
    }

    /** Writes a record of a tensor's values, row by row, straight from their memory where that is their layout. */
    public void write(String name, Tensor tensor) throws IOException {
        try (PointerScope scope = new PointerScope()) {
            Tensor contiguous = tensor.detach().cpu().resolve_neg().contiguous();
            long bytes = contiguous.nbytes();
            begin(name, bytes, NativeBytes.crc(contiguous.data_ptr(), bytes));
            NativeBytes.write(contiguous.data_ptr(), bytes, zip);
            zip.closeArchiveEntry();
        }
    }

    private void begin(String name, long size, long crc) throws IOException {
        ZipArchiveEntry entry = new ZipArchiveEntry(root + name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(size);
        entry.setCompressedSize(size);
        entry.setCrc(crc);
        entry.setAlignment(ALIGNMENT);
        entry.setTimeLocal(LocalDateTime.of(1980, 1, 1, 0, 0)); // equal values give equal files
        zip.putArchiveEntry(entry);
    }

    /** Writes the zip file's directory. */
    public void finish() throws IOException {
        zip.finish();
    }
}
