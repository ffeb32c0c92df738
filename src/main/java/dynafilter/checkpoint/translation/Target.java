package dynafilter.checkpoint.translation;

import org.bytedeco.pytorch.Tensor;

/**
 * What a program is translated to.
 *
 * @param <V> a tensor of the target
 */
public interface Target<V extends Shaped> {
    /** The class of the target's tensors. */
    Class<V> type();

    /**
     * Adds an operator. One that works in place is translated like the other; {@link Translation} follows whose value it changes.
     *
     * @param operator its name, without the underscore of one that works in place
     * @param shape of its result, as {@link OperatorShapes} has it
     * @return its result
     */
    V apply(String operator, Arguments<V> arguments, long[] shape);

    /**
     * Adds a tensor that the program holds, or gives the one that was added by this name before.
     *
     * @param name its dotted name in the module, or a number where it has none
     */
    V constant(String name, Tensor tensor);

    /** A result of the program, with the shape that the program gives it. */
    V result(V value);
}
