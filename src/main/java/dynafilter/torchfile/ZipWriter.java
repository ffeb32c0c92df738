package dynafilter.torchfile;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Writes the zip file of {@code torch.save}: uncompressed records that start at multiples of 64 bytes, so that Python
 * can map them. There is no {@code .format_version} record: with it Python would compute where records lie instead of
 * looking it up, assuming that they are followed by the data descriptors of its own zip library.
 */
final class ZipWriter {
    private static final String ROOT = "archive/";
    private static final int ALIGNMENT = 64;
    /** The version of the container, which is the same since PyTorch 1.6. */
    private static final String VERSION = "3\n";

    private final byte[] pickle;
    private final List<Tensor> tensors;

    /**
     * Pickles the value, so that one that cannot be written is found before any file is touched.
     *
     * @throws IllegalArgumentException for a value that a checkpoint cannot hold
     */
    ZipWriter(Map<String, ?> value) {
        CheckpointPickler pickler = new CheckpointPickler();
        pickle = pickler.pickle(value);
        tensors = pickler.tensors();
    }

    void writeTo(OutputStream out) throws IOException {
        ZipArchiveOutputStream zip = new ZipArchiveOutputStream(out);
        record(zip, "data.pkl", pickle);
        record(zip, "byteorder", "little".getBytes(US_ASCII));
        for (int key = 0; key < tensors.size(); key++) {
            try (PointerScope scope = new PointerScope()) {
                record(zip, "data/" + key, contiguous(tensors.get(key)));
            }
        }
        record(zip, "version", VERSION.getBytes(US_ASCII));
        zip.finish();
    }

    private static Tensor contiguous(Tensor tensor) {
        return tensor.detach().cpu().resolve_neg().contiguous();
    }

    private static void record(ZipArchiveOutputStream zip, String name, byte[] bytes) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(ByteBuffer.wrap(bytes));
        begin(zip, name, bytes.length, crc.getValue());
        zip.write(bytes);
        zip.closeArchiveEntry();
    }

    /** Writes a record of the values of a contiguous CPU tensor, straight from its memory. */
    private static void record(ZipArchiveOutputStream zip, String name, Tensor tensor) throws IOException {
        long bytes = tensor.nbytes();
        begin(zip, name, bytes, NativeBytes.crc(tensor.data_ptr(), bytes));
        NativeBytes.write(tensor.data_ptr(), bytes, zip);
        zip.closeArchiveEntry();
    }

    private static void begin(ZipArchiveOutputStream zip, String name, long size, long crc) throws IOException {
        ZipArchiveEntry entry = new ZipArchiveEntry(ROOT + name);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(size);
        entry.setCompressedSize(size);
        entry.setCrc(crc);
        entry.setAlignment(ALIGNMENT);
        entry.setTimeLocal(LocalDateTime.of(1980, 1, 1, 0, 0)); // equal values give equal files
        zip.putArchiveEntry(entry);
    }
}
