package dynafilter.torchfile;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dynafilter.io.AtomicFile;
import dynafilter.io.InputException;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.NativeRuntime;
import dynafilter.runtime.OutOfMemory;
import dynafilter.runtime.TensorBytes;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Reads and writes safetensors: 8 bytes with the length of a header, the header, which is JSON, and the tensors' bytes. Nothing in
 * such a file can be executed. It has no checksums: a changed number is not noticed.
 */
public final class SafetensorsFile {
    private static final String SUFFIX = ".safetensors";
    private static final int ALIGNMENT = 8;
    private static final int PIECE = 1 << 30;

    private SafetensorsFile() {}

    /**
     * The contents of a file.
     *
     * @param tensors by name, in the order of their bytes: a {@link Tensor}, or {@link Unread} for one of a type that no network
     *     here could use
     * @param metadata texts by name, such as {@code format: pt}
     */
    public record Contents(Map<String, Object> tensors, Map<String, String> metadata) implements AutoCloseable {
        /** Frees the tensors. */
        @Override
        public void close() {
            TorchFile.closeTensors(tensors);
        }
    }

    /** True: the file begins as safetensors do, or has their name and is no zip file; false: it is anything else. */
    public static boolean isSafetensors(Path file) {
        if (!Files.isRegularFile(file)) {
            return false;
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] head = in.readNBytes(Long.BYTES + 2);
            boolean named = file.toString().toLowerCase(Locale.ROOT).endsWith(SUFFIX);
            return begins(head) || (named && !(head.length > 1 && head[0] == 'P' && head[1] == 'K'));
        } catch (IOException unreadable) {
            return false; // whoever reads it will say so
        }
    }

    /** True: the bytes are the length of a header and its beginning; false: they are not. */
    static boolean begins(byte[] head) {
        if (head.length < Long.BYTES + 2 || head[Long.BYTES] != '{') {
            return false;
        }
        long length = ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN).getLong();
        return length > 1 && length <= SafetensorsHeader.MAX_BYTES;
    }

    /**
     * Reads a file; a damaged or hostile one gives an exception, never a crash, and never takes more memory than the file and its
     * header have bytes. The bytes of a tensor go from the file straight to where libtorch keeps them: to map the file instead would
     * save no copy, and a file that is cut off under a mapping ends the process.
     *
     * @return tensors on the CPU, contiguous, each with memory of its own, attached to no PointerScope: the caller closes them
     * @throws InputException where the file is missing, unreadable, damaged or of another format
     */
    public static Contents read(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
                NativeOwner made = new NativeOwner()) {
            long length = headerLength(channel);
            byte[] header = new byte[(int) length];
            fill(channel, ByteBuffer.wrap(header), Long.BYTES);
            long start = Long.BYTES + length;
            SafetensorsHeader parsed = SafetensorsHeader.of(header, channel.size() - start);
            Map<String, Object> tensors = new LinkedHashMap<>();
            for (SafetensorsHeader.Entry entry : parsed.entries()) {
                tensors.put(entry.name(), tensor(entry, channel, start, made));
            }
            made.handOver(); // to the caller
            return new Contents(tensors, parsed.metadata());
        } catch (BadFile bad) {
            throw new InputException(file + " " + bad.getMessage(), bad);
        } catch (IOException failure) {
            BadFile unreadable = BadFile.unreadable(failure);
            throw new InputException(file + " " + unreadable.getMessage(), unreadable);
        } catch (RuntimeException failure) {
            if (OutOfMemory.in(failure).isPresent()) {
                throw failure;
            }
            throw new InputException(
                    file + " cannot be loaded: " + NativeRuntime.firstLine(failure) + "; save it again", failure);
        }
    }

    private static long headerLength(FileChannel channel) throws IOException {
        long size = channel.size();
        if (size < Long.BYTES) {
            throw BadFile.damaged("it has " + size + " bytes, and safetensors begin with the length of a header in 8");
        }
        ByteBuffer head = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        fill(channel, head, 0);
        long length = head.flip().getLong();
        if (length < 0 || length > size - Long.BYTES) {
            throw BadFile.damaged(
                    "its header should have " + Long.toUnsignedString(length) + " bytes, and the file has " + size);
        }
        if (length > SafetensorsHeader.MAX_BYTES) {
            throw BadFile.refused("has a header of " + length + " bytes, where safetensors have at most "
                    + SafetensorsHeader.MAX_BYTES + "; refused");
        }
        return length;
    }

    private static Object tensor(SafetensorsHeader.Entry entry, FileChannel channel, long start, NativeOwner made)
            throws IOException {
        ScalarType type = entry.type().scalarType().orElse(null);
        if (type == null) {
            return new Unread("a tensor of " + entry.type() + " numbers");
        }
        try (PointerScope scope = new PointerScope()) {
            // A bool is 0 or 1: any other byte would be undefined behaviour in native code.
            boolean bool = type == ScalarType.Bool;
            Tensor tensor = TensorBytes.empty(bool ? ScalarType.Byte : type, entry.shape());
            for (long done = 0; done < entry.bytes(); done += PIECE) {
                int piece = (int) Math.min(PIECE, entry.bytes() - done);
                fill(channel, TensorBytes.view(tensor, done, piece), start + entry.begin() + done);
            }
            return made.keep(bool ? tensor.ne(new Scalar(0)) : tensor);
        }
    }

    private static void fill(FileChannel channel, ByteBuffer to, long from) throws IOException {
        for (long at = from; to.hasRemaining(); ) {
            int read = channel.read(to, at);
            if (read < 0) {
                throw new EOFException("it ends " + to.remaining() + " bytes early");
            }
            at += read;
        }
    }

    /**
     * Writes a file as a whole or not at all: tensors by type, the widest first, and by name, as the reference writer does, so that
     * the same tensors give the same bytes.
     *
     * @param tensors by name, on any device and of any layout in memory
     * @param metadata texts by name
     * @throws dynafilter.io.OutputException where the file cannot be written; the old one is kept
     * @throws IllegalArgumentException for a tensor that no reader could read: of a type that safetensors do not have, or without
     *     a name of its own
     */
    public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) {
        List<String> names = new ArrayList<>(tensors.keySet());
        names.sort(Comparator.comparing((String name) -> typeOf(name, tensors))
                .reversed()
                .thenComparing(Comparator.naturalOrder()));
        byte[] header = header(names, tensors, metadata);
        AtomicFile.write(file, out -> {
            out.write(ByteBuffer.allocate(Long.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(header.length)
                    .array());
            out.write(header);
            for (String name : names) {
                write(named(name, tensors), out);
            }
        });
    }

    private static Tensor named(String name, Map<String, Tensor> tensors) {
        return Objects.requireNonNull(tensors.get(name), name);
    }

    private static SafetensorsType typeOf(String name, Map<String, Tensor> tensors) {
        if (name.isEmpty() || name.equals("__metadata__")) {
            throw new IllegalArgumentException("a tensor cannot be named \"" + name + "\" in safetensors");
        }
        ScalarType type = named(name, tensors).scalar_type();
        return SafetensorsType.of(type)
                .orElseThrow(() -> new IllegalArgumentException(name + " is of the type " + type.intern()));
    }

    private static byte[] header(List<String> names, Map<String, Tensor> tensors, Map<String, String> metadata) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = new JsonFactory().createGenerator(bytes)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeObjectFieldStart("__metadata__");
                for (Map.Entry<String, String> entry : metadata.entrySet()) {
                    json.writeStringField(entry.getKey(), entry.getValue());
                }
                json.writeEndObject();
            }
            long at = 0;
            for (String name : names) {
                Tensor tensor = named(name, tensors);
                json.writeObjectFieldStart(name);
                json.writeStringField("dtype", typeOf(name, tensors).name());
                json.writeFieldName("shape");
                long[] shape = tensor.shape();
                json.writeArray(shape, 0, shape.length);
                json.writeFieldName("data_offsets");
                json.writeArray(new long[] {at, at + tensor.nbytes()}, 0, 2);
                json.writeEndObject();
                at += tensor.nbytes();
            }
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
        byte[] written = bytes.toByteArray();
        byte[] padded = Arrays.copyOf(written, (written.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
        Arrays.fill(padded, written.length, padded.length, (byte) ' ');
        return padded;
    }

    private static void write(Tensor tensor, OutputStream out) throws IOException {
        try (PointerScope scope = new PointerScope()) {
            Tensor contiguous = tensor.detach().cpu().resolve_neg().contiguous();
            NativeBytes.write(contiguous.data_ptr(), contiguous.nbytes(), out);
        }
    }
}
