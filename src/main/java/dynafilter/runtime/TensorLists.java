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

/** Makes {@code Tensor[]} arguments of one length. The binding has no constructor for them; TorchScript has. */
public final class TensorLists implements AutoCloseable {
    private final CompilationUnit unit;
    private final Function listed;

    public TensorLists(int length) {
        String parameters = names(length, ": Tensor");
        try (PointerScope scope = new PointerScope()) {
            unit = torch.compile(
                    "def listed(" + parameters + ") -> List[Tensor]:\n  return [" + names(length, "") + "]\n");
            listed = unit.get_functions().front();
            unit.retainReference();
            listed.retainReference();
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
        listed.close();
        unit.close();
    }
}
