package dynafilter.torchfile;

import java.io.IOException;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;

/** A container of {@code torch.save}, which has used two: a pickle of the objects, and the bytes of their storages. */
interface Archive extends AutoCloseable {
    /** The unpickled objects: tensors as {@link TensorRef}s, tuples as Object arrays, Python's None as null. */
    @Nullable
    Object objects();

    /** The bytes of the whole file, which no honest part of it exceeds. */
    long size();

    /** Reads a storage of {@link #objects} into native memory that holds {@code storage.bytes()}. */
    void read(StorageRef storage, BytePointer to) throws IOException;

    @Override
    void close() throws IOException;
}
