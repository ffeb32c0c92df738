/**
 * Training and evaluation. {@link dynafilter.train.Trainer} is the entry point: made of a
 * {@link dynafilter.train.TrainingSetup}, it trains a run to its end. {@code TrainingLoop} is the page to read first; a step is
 * {@code TrainingStep}, everything that changes from step to step is in {@code TrainingState}, {@code RunFiles} writes history
 * and checkpoints, and {@code StopVotes} and {@code ParameterCheck} keep the ranks together.
 * What a run trains on are its {@code Examples}: images, or {@code FrozenFeatures} that are computed once.
 * {@link dynafilter.train.Evaluator} judges a network, on the images of {@link dynafilter.train.TrainingData} or
 * {@link dynafilter.train.HeldOut}; a {@link dynafilter.train.TrainingListener} follows a run. A step may hold nothing but the same
 * device work every time, without reading anything back, since it is captured as a CUDA graph; randomness may depend on (seed,
 * epoch, step) alone, since runs are resumed to the bit. Optimizers and schedules are in {@code optim}, learning one more
 * label in {@code label}; batches come from {@code dynafilter.data.device}, checkpoints go through
 * {@code dynafilter.checkpoint}.
 */
@NullMarked
package dynafilter.train;

import org.jspecify.annotations.NullMarked;
