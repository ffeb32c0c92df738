/**
 * Data sets in memory. {@link dynafilter.data.DataSet} is images to train on and images held out,
 * {@link dynafilter.data.ImageSet} labelled images in one uint8 tensor; {@link dynafilter.data.StratifiedSplit} and
 * {@link dynafilter.data.FoldPlan} divide them, {@link dynafilter.data.SquareImage} brings pictures to one size,
 * {@link dynafilter.data.SampleSet} is the generated set. {@link dynafilter.data.SplitMix} is the source of every random
 * choice here, with the same numbers on every machine: its numbers, the checksum of a set and the drawing of the sample set
 * define what a seed means, and must not change. The rooms inside read what there is: {@code folder} pictures, {@code cifar}
 * CIFAR's files, {@code words} word vectors; {@code source} chooses among them by name, and {@code device} brings a set to the
 * device in batches.
 */
@NullMarked
package dynafilter.data;

import org.jspecify.annotations.NullMarked;
