/**
 * Networks and runs in files, by the names of their tensors. {@link dynafilter.checkpoint.Checkpoint} is a run at the end of
 * an epoch; {@link dynafilter.checkpoint.TrainedNetwork#read} makes a network of whatever file there is (checkpoint, state
 * dict, safetensors, TorchScript); {@link dynafilter.checkpoint.BackboneSource} finds what {@code --backbone} names;
 * {@link dynafilter.checkpoint.CheckpointExtension} adds a label. How people keep their weights (prefixes, wrappers, several
 * networks in one file) is understood in {@code SavedNetwork} and {@code NetworkSearch} alone. Python reads what is written
 * here: keys and names are fixed by the format's name, {@link dynafilter.checkpoint.Checkpoint#FORMAT}. The bytes of such
 * files are {@code dynafilter.torchfile}'s, and what leaves for other programs
 * implements {@link dynafilter.checkpoint.ExportFormat}, in a room a format.
 */
@NullMarked
package dynafilter.checkpoint;

import org.jspecify.annotations.NullMarked;
