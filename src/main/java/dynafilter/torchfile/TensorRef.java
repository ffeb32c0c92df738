package dynafilter.torchfile;

/**
 * The description of a tensor in a pickle: a strided view of a storage. It can only be made where the view stays inside the
 * storage, so that native code never sees an unchecked number from a file.
 *
 * @param offset the place of the first element, in elements
 * @param strides the strides in elements, one for each size
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record TensorRef(StorageRef storage, Dtype dtype, long offset, long[] sizes, long[] strides) {
    /** Far above what networks use; libtorch's own operators stop at 64. */
    private static final int MAX_DIMENSIONS = 32;

    TensorRef {
        if (sizes.length != strides.length || sizes.length > MAX_DIMENSIONS) {
            throw outside(storage, "it has " + sizes.length + " sizes and " + strides.length + " strides");
        }
        try {
            if (check(storage, dtype, offset, sizes, strides)) {
                offset = 0;
            }
        } catch (ArithmeticException e) {
            throw outside(storage, "its size overflows");
        }
    }

    /** True: the tensor is empty, and its offset means nothing, since PyTorch lets it lie anywhere; false: it has elements. */
    private static boolean check(StorageRef storage, Dtype dtype, long offset, long[] sizes, long[] strides) {
        long last = offset; // the highest element the view touches
        long elements = 1;
        boolean empty = false;
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] < 0 || strides[i] < 0) {
                throw outside(storage, "it has size " + sizes[i] + " and stride " + strides[i]);
            }
            empty |= sizes[i] == 0;
            long size = Math.max(1, sizes[i]);
            elements = Math.multiplyExact(elements, size); // also where another size is 0: libtorch multiplies too
            last = Math.addExact(last, Math.multiplyExact(size - 1, strides[i]));
        }
        Math.multiplyExact(elements, 8L);
        long held = storage.bytes() / dtype.itemSize();
        if (offset < 0 || (!empty && last >= held)) {
            throw outside(storage, "it reaches from element " + offset + " to " + last + " of " + held);
        }
        if (storage.bytes() % dtype.itemSize() != 0) {
            throw outside(storage, storage.bytes() + " bytes hold no whole number of elements");
        }
        return empty;
    }

    private static BadFile outside(StorageRef storage, String why) {
        return BadFile.damaged("a tensor does not fit its storage " + storage.key() + ": " + why);
    }

    long elements() {
        long elements = 1;
        for (long size : sizes) {
            elements *= size;
        }
        return elements;
    }

    long bytes() {
        return elements() * dtype.itemSize();
    }

    /** True: the elements fill the storage in row-major order; false: the tensor is a part or another layout of it. */
    boolean isWholeStorage() {
        long expected = 1;
        for (int i = sizes.length - 1; i >= 0; i--) {
            if (sizes[i] != 1 && strides[i] != expected) {
                return false;
            }
            expected *= sizes[i];
        }
        return offset == 0 && bytes() == storage.bytes();
    }
}
