/**
 * Learning one more label for a trained network, of which nothing else changes. {@link dynafilter.train.label.LabelExamples}
 * holds the network's features and scores of images, computed once; {@link dynafilter.train.label.LabelLearner} learns the
 * label's embedding from them; {@link dynafilter.train.label.LabelCrossValidation} estimates by cross-validation how good it
 * will be on new images. The loss and the initial embedding may be changed here; the network is only read. The learned label
 * is added to a checkpoint by {@link dynafilter.checkpoint.CheckpointExtension}.
 */
@NullMarked
package dynafilter.train.label;

import org.jspecify.annotations.NullMarked;
