/**
 * How fast the network trains and infers on a device, and how fast it could. {@link dynafilter.benchmark.Benchmark} measures
 * the steps of a {@link dynafilter.benchmark.MeasuredNetwork} and is the entry; {@link dynafilter.benchmark.Ceilings} measures what
 * the device does at best, and {@link dynafilter.benchmark.StepCost} counts the operators of a step, which together make the
 * roofline. The steps are those of a real run ({@link dynafilter.train.EndlessTraining}), never a copy of them. Keys of the
 * results are in people's scripts and stay; a layer that is added to {@code dynafilter.model} is to be counted here.
 */
@NullMarked
package dynafilter.benchmark;

import org.jspecify.annotations.NullMarked;
