/**
 * The optimizers and learning-rate schedules. {@link dynafilter.train.optim.FlatParameters} lays all of them out in one buffer
 * and their gradients in another; {@link dynafilter.train.optim.Optimizer#of} makes the optimizer of a recipe over both, which
 * is one fused operator of libtorch a parameter group; {@link dynafilter.train.optim.Schedule} is the learning rate as a
 * function of the step. A new optimizer is a subclass that names its operator, its buffers and what {@code torch.optim} calls
 * its options, and a case of {@code Optimizer.of}; {@code Muon} also updates a group of parameters apart. The layout of the buffers may change, the state dicts may not: Python reads
 * and writes them, as {@code OptimizerState} says. The steps that use all this are {@code dynafilter.train}'s.
 */
@NullMarked
package dynafilter.train.optim;

import org.jspecify.annotations.NullMarked;
