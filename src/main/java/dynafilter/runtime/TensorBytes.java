package dynafilter.runtime;

import java.nio.ByteBuffer;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Bulk transfer between Java and the memory of contiguous CPU tensors; no element is touched one by one. */
public final class TensorBytes {
    private TensorBytes() {}

    /** A new, uninitialised CPU tensor. */
    public static Tensor empty(ScalarType type, long... shape) {
        try (TensorOptions options = new TensorOptions(type)) {
            return torch.empty(shape, options, null);
        }
    }

    /**
     * The tensor's own memory, {@code length} bytes from byte {@code offset} on. The buffer does not keep the tensor
     * alive: use it only while the tensor is open.
     */
    public static ByteBuffer view(Tensor contiguous, long offset, int length) {
        long bytes = contiguous.nbytes();
        if (offset < 0 || length < 0 || offset + length > bytes) {
            throw new IndexOutOfBoundsException(offset + " + " + length + " of " + bytes + " bytes");
        }
        if (length == 0) {
            return ByteBuffer.allocateDirect(0);
        }
        return new BytePointer(contiguous.data_ptr())
                .capacity(bytes)
                .position(offset)
                .limit(offset + length)
                .asByteBuffer();
    }

    public static byte[] bytes(Tensor contiguous) {
        byte[] copy = new byte[Math.toIntExact(contiguous.nbytes())];
        view(contiguous, 0, copy.length).get(copy);
        return copy;
    }

    public static long[] longs(Tensor contiguousInt64) {
        long[] copy = new long[Math.toIntExact(contiguousInt64.numel())];
        if (copy.length > 0) {
            new LongPointer(contiguousInt64.data_ptr()).capacity(copy.length).get(copy);
        }
        return copy;
    }

    public static float[] floats(Tensor contiguousFloat32) {
        float[] copy = new float[Math.toIntExact(contiguousFloat32.numel())];
        if (copy.length > 0) {
            new FloatPointer(contiguousFloat32.data_ptr()).capacity(copy.length).get(copy);
        }
        return copy;
    }

    /** Not Tensor.create: its indexers use sun.misc.Unsafe, which newer JDKs warn of. */
    public static Tensor of(float[] values) {
        Tensor tensor = empty(ScalarType.Float, values.length);
        if (values.length > 0) {
            new FloatPointer(tensor.data_ptr()).capacity(values.length).put(values);
        }
        return tensor;
    }

    public static Tensor of(long[] values) {
        Tensor tensor = empty(ScalarType.Long, values.length);
        if (values.length > 0) {
            new LongPointer(tensor.data_ptr()).capacity(values.length).put(values);
        }
        return tensor;
    }
}
