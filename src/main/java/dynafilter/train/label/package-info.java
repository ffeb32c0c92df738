/**
 * Learning one more label for a trained network, of which nothing else changes. {@link dynafilter.train.label.LabelExamples}
 * is what the network makes of images, computed once; {@link dynafilter.train.label.LabelLearner} learns the label's embedding
 * from them; {@link dynafilter.train.label.LabelCrossValidation} estimates by cross-validation how good it will be on new images. The
 * loss and where an embedding starts may be touched here; the network is only read. What is learned goes into a checkpoint by
 * {@link dynafilter.checkpoint.CheckpointExtension}.
 */
package dynafilter.train.label;
