package dynafilter.runtime;

import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Bulk transfer between Java and the memory of contiguous CPU tensors, without a call for each element. */
public final class TensorBytes {
    private TensorBytes() {}

    /** A new, uninitialised CPU tensor. */
    public static Tensor empty(ScalarType type, long... shape) {
        try (TensorOptions options = new TensorOptions(type)) {
            return torch.empty(shape, options, null);
        }
    }

    /**
     * A view of the tensor's own memory, {@code length} bytes from byte {@code offset} on. The buffer does not keep the tensor
     * alive: use it only while the tensor is open.
     *
     * @throws IndexOutOfBoundsException where the bytes are not all inside the tensor
     */
    public static ByteBuffer view(Tensor contiguous, long offset, int length) {
        long bytes = contiguous.nbytes();
        if (offset < 0 || length < 0 || offset + length > bytes) {
            throw new IndexOutOfBoundsException(offset + " + " + length + " of " + bytes + " bytes");
        }
        if (length == 0) {
            return ByteBuffer.allocateDirect(0);
        }
        return buffer(contiguous.data_ptr(), offset, length);
    }

    /**
     * A view of native memory, {@code length} bytes from byte {@code offset} on. The pointer is moved, not its position, which is
     * cut to 32 bits on its way to a buffer.
     */
    public static ByteBuffer buffer(Pointer memory, long offset, long length) {
        return new BytePointer(memory).getPointer(offset).capacity(length).asByteBuffer();
    }

    /** A copy of the tensor's bytes. */
    public static byte[] bytes(Tensor contiguous) {
        byte[] copy = new byte[Math.toIntExact(contiguous.nbytes())];
        view(contiguous, 0, copy.length).get(copy);
        return copy;
    }

    /** A copy of an int64 tensor's elements. */
    public static long[] longs(Tensor contiguousInt64) {
        long[] copy = new long[Math.toIntExact(contiguousInt64.numel())];
        if (copy.length > 0) {
            new LongPointer(contiguousInt64.data_ptr()).capacity(copy.length).get(copy);
        }
        return copy;
    }

    /** A copy of a float32 tensor's elements. */
    public static float[] floats(Tensor contiguousFloat32) {
        float[] copy = new float[Math.toIntExact(contiguousFloat32.numel())];
        if (copy.length > 0) {
            new FloatPointer(contiguousFloat32.data_ptr()).capacity(copy.length).get(copy);
        }
        return copy;
    }

    /** A new uint8 tensor of these values. */
    public static Tensor of(byte[] values) {
        Tensor tensor = empty(ScalarType.Byte, values.length);
        view(tensor, 0, values.length).put(values);
        return tensor;
    }

    /** A new float32 tensor of these values. Tensor.create would use sun.misc.Unsafe, of which newer JDKs warn. */
    public static Tensor of(float[] values) {
        Tensor tensor = empty(ScalarType.Float, values.length);
        if (values.length > 0) {
            new FloatPointer(tensor.data_ptr()).capacity(values.length).put(values);
        }
        return tensor;
    }

    /** A new int64 tensor of these values. */
    public static Tensor of(long[] values) {
        Tensor tensor = empty(ScalarType.Long, values.length);
        if (values.length > 0) {
            new LongPointer(tensor.data_ptr()).capacity(values.length).put(values);
        }
        return tensor;
    }
}
