/**
 * Trained networks as TorchScript, for Python, C++ and this program.
 * {@link dynafilter.checkpoint.torchscript.TorchScriptExport} is the entry: it writes the network as text over the state
 * dict's tensors, runs the file, and compares its scores before anything is replaced. The methods {@code forward},
 * {@code response_maps} and {@code filters}, and the metadata ({@link dynafilter.checkpoint.ScriptMetadata}), are what others
 * call and read: they only grow. The text repeats in TorchScript what {@code dynafilter.model} computes, so a change there has
 * its twin here; {@link dynafilter.checkpoint.TrainedNetwork} reads the files back.
 */
@NullMarked
package dynafilter.checkpoint.torchscript;

import org.jspecify.annotations.NullMarked;
