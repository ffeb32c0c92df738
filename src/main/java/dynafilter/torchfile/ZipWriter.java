package dynafilter.torchfile;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Writes the zip file of {@code torch.save}. */
final class ZipWriter {
    private static final String ROOT = "archive";
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
        RecordWriter zip = new RecordWriter(out, ROOT);
        zip.write("data.pkl", pickle);
        zip.write("byteorder", "little".getBytes(US_ASCII));
        for (int key = 0; key < tensors.size(); key++) {
            zip.write("data/" + key, tensors.get(key));
        }
        zip.write("version", VERSION.getBytes(US_ASCII));
        zip.finish();
    }
}
