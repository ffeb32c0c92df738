package dynafilter.torchfile;

import dynafilter.runtime.NativeOwner;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Makes contiguous CPU tensors from the storages of an archive, each with memory of its own. The tensors belong to the caller,
 * unless {@link #discard} is called.
 */
final class TensorReader implements AutoCloseable {
    /**
     * The limit of the tensors' bytes: expanded tensors (stride 0) and shared storages may take more than the file, within
     * reason.
     */
    private static final long UNFOLD_BYTES = 16 << 20;

    private static final long UNFOLD_FACTOR = 8;

    private final Archive archive;
    private final Map<StorageRef, Tensor> storages = new HashMap<>(); // [bytes] of uint8 each
    private final Set<StorageRef> handedOut = new HashSet<>();
    private final NativeOwner owner = new NativeOwner(); // of the storages
    private final NativeOwner made = new NativeOwner(); // the caller's; closed for a file that turns out to be bad
    private long budget;

    TensorReader(Archive archive) {
        this.archive = archive;
        this.budget = UNFOLD_BYTES + UNFOLD_FACTOR * archive.size();
    }

    Tensor read(TensorRef ref) throws IOException {
        if (ref.bytes() > budget) {
            throw BadFile.refused("unfolds to tensors much larger than the file; refused");
        }
        budget -= ref.bytes();
        Tensor storage = storage(ref.storage());
        try (PointerScope scope = new PointerScope()) {
            // A bool is 0 or 1: any other byte would be undefined behaviour in native code.
            Tensor typed = ref.dtype() == Dtype.BOOL
                    ? storage.ne(new Scalar(0))
                    : storage.view(ref.dtype().scalarType());
            Tensor view = typed.as_strided(ref.sizes(), ref.strides(), new LongOptional(ref.offset()));
            boolean own = ref.isWholeStorage() && handedOut.add(ref.storage());
            return made.keep(own ? view : view.clone().contiguous());
        }
    }

    private Tensor storage(StorageRef ref) throws IOException {
        Tensor known = storages.get(ref);
        if (known != null) {
            return known;
        }
        if (ref.bytes() > archive.size()) {
            throw BadFile.damaged("storage " + ref.key() + " is said to be larger than the file");
        }
        try (PointerScope scope = new PointerScope()) {
            TensorOptions bytes = new TensorOptions().dtype(new ScalarTypeOptional(ScalarType.Byte));
            Tensor storage = torch.empty(new long[] {ref.bytes()}, bytes, null);
            archive.read(ref, new BytePointer(storage.data_ptr()));
            storages.put(ref, owner.keep(storage));
            return storage;
        }
    }

    /** Frees every tensor made so far: for a file that turns out to be bad. */
    void discard() {
        made.close();
    }

    /** Lets go of the storages: tensors that use one keep it. */
    @Override
    public void close() {
        owner.close();
    }
}
