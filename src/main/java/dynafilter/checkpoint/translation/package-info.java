/**
 * TorchScript programs, followed operator by operator with shapes in the place of tensors, for the formats that write other
 * operators. {@link dynafilter.checkpoint.translation.Translation} runs a program on a format's
 * {@link dynafilter.checkpoint.translation.Target}; {@link dynafilter.checkpoint.translation.OperatorShapes} knows every operator that
 * formats take, what has to hold for its arguments, and the shape of its result. One that is not there is refused by its name.
 */
@NullMarked
package dynafilter.checkpoint.translation;

import org.jspecify.annotations.NullMarked;
