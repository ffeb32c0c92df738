package dynafilter.runtime;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.CompilationUnit;
import org.bytedeco.pytorch.Function;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Makes {@code Tensor[]} arguments of one length. The binding has no constructor for them, so TorchScript makes them. */
public final class TensorLists implements AutoCloseable {
    private final Function listed; // lives in its compilation unit
    private final NativeOwner owner;

    public TensorLists(int length) {
        String parameters = names(length, ": Tensor");
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            CompilationUnit unit = building.keep(torch.compile(
                    "def listed(" + parameters + ") -> List[Tensor]:\n  return [" + names(length, "") + "]\n"));
            listed = building.keep(unit.get_functions().front());
            owner = building.handOver();
        }
    }

    private static String names(int length, String suffix) {
        return IntStream.range(0, length).mapToObj(i -> "t" + i + suffix).collect(Collectors.joining(", "));
    }

    /** These tensors as one argument, owned by the caller's scope. */
    public IValue of(List<Tensor> tensors) {
        try (IValueVector arguments =
                new IValueVector(tensors.stream().map(IValue::new).toArray(IValue[]::new))) {
            return listed.apply(arguments);
        }
    }

    @Override
    public void close() {
        owner.close();
    }
}
