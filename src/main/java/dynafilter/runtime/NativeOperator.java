package dynafilter.runtime;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.CompilationUnit;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/** An ATen operator that the binding has no method for, called through libtorch's dispatcher. */
public final class NativeOperator implements AutoCloseable {
    private static final String LISTED = """
            def listed(tensor: Optional[Tensor]) -> List[Tensor]:
              listed: List[Tensor] = []
              if tensor is not None:
                listed.append(tensor)
              return listed
            """;

    private static final String NO_SCALARS = """
            def none() -> List[Optional[number]]:
              none: List[Optional[number]] = []
              return none
            """;
    private static final String PAIR = """
            def pair(one: int, other: int) -> List[int]:
              return [one, other]
            """;

    private final OperatorHandle handle;

    private NativeOperator(OperatorHandle handle) {
        this.handle = handle;
    }

    /**
     * Finds an operator by its schema's name, such as {@code aten::_fused_sgd_} and {@code tensor_lr}.
     *
     * @throws RuntimeException where libtorch has no such operator
     */
    public static NativeOperator find(String name, String overload) {
        try (PointerScope scope = new PointerScope()) {
            return new NativeOperator(
                    NativeOwner.outliveScope(Dispatcher.singleton().findSchemaOrThrow(name, overload)));
        }
    }

    /** Calls the operator with every argument of its schema, in order; its result is dropped. */
    public void call(IValue... arguments) {
        try (IValueVector stack = new IValueVector(arguments)) {
            handle.callBoxed(stack);
        }
    }

    /** Calls the operator with every argument of its schema, in order, and returns its result, a tensor of the caller's scope. */
    public Tensor result(IValue... arguments) {
        try (IValueVector stack = new IValueVector(arguments)) {
            handle.callBoxed(stack);
            return new Tensor(stack.get(0).toTensor()); // the other is a reference into the stack
        }
    }

    /** A {@code Scalar?[]} argument without any, owned by the caller's scope. */
    public static IValue noScalars() {
        return made(NO_SCALARS);
    }

    /** An {@code int[]} argument of two numbers, owned by the caller's scope. */
    public static IValue pair(long one, long other) {
        return made(PAIR, new IValue(one), new IValue(other));
    }

    private static IValue made(String program, IValue... arguments) {
        CompilationUnit unit = torch.compile(program);
        return unit.get_functions().front().apply(new IValueVector(arguments));
    }

    /**
     * A {@code Tensor[]} argument with one tensor, or without any for null, owned by the caller's scope. The binding has no
     * constructor for such a list, so TorchScript makes it.
     */
    public static IValue listOf(@Nullable Tensor tensor) {
        return made(LISTED, tensor == null ? new IValue() : new IValue(tensor));
    }

    @Override
    public void close() {
        handle.close();
    }
}
