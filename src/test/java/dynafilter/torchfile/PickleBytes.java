package dynafilter.torchfile;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import net.razorvine.pickle.Opcodes;

/** Pickles made by hand, one instruction at a time, for what no pickler would write. */
final class PickleBytes {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    PickleBytes() {
        op(Opcodes.PROTO).raw(2);
    }

    PickleBytes op(int... opcodes) {
        return raw(opcodes);
    }

    PickleBytes raw(int... bytes) {
        for (int b : bytes) {
            out.write(b);
        }
        return this;
    }

    PickleBytes global(String module, String name) {
        op(Opcodes.GLOBAL).out.writeBytes((module + "\n" + name + "\n").getBytes(UTF_8));
        return this;
    }

    PickleBytes text(String text) {
        byte[] bytes = text.getBytes(UTF_8);
        op(Opcodes.BINUNICODE).out.writeBytes(little(4, bytes.length));
        out.writeBytes(bytes);
        return this;
    }

    PickleBytes number(long value) {
        op(Opcodes.LONG1).raw(8).out.writeBytes(little(8, value));
        return this;
    }

    PickleBytes numbers(long... values) {
        op(Opcodes.MARK);
        for (long value : values) {
            number(value);
        }
        return op(Opcodes.TUPLE);
    }

    PickleBytes storage(String type, String key, long elements) {
        return op(Opcodes.MARK)
                .text("storage")
                .global("torch", type)
                .text(key)
                .text("cuda:0") // where it was saved: it is read to the CPU
                .number(elements)
                .op(Opcodes.TUPLE, Opcodes.BINPERSID);
    }

    /** A view of float storage 0, which is said to have these many elements. */
    PickleBytes tensor(long elements, long offset, long[] sizes, long[] strides) {
        return global("torch._utils", "_rebuild_tensor")
                .op(Opcodes.MARK)
                .storage("FloatStorage", "0", elements)
                .number(offset)
                .numbers(sizes)
                .numbers(strides)
                .op(Opcodes.TUPLE, Opcodes.REDUCE);
    }

    byte[] stop() {
        op(Opcodes.STOP);
        return out.toByteArray();
    }

    static byte[] little(int bytes, long value) {
        ByteBuffer buffer =
                ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value);
        return Arrays.copyOf(buffer.array(), bytes);
    }
}
