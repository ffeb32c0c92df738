/**
 * The file formats of PyTorch, read without trust and without Python. {@link dynafilter.torchfile.TorchFile} reads and writes
 * what {@code torch.save} does (zip, and the legacy container when reading), {@link dynafilter.torchfile.TorchScriptFile} loads
 * and writes TorchScript once {@link dynafilter.torchfile.TorchScriptArchive} has found its structure sound, and {@link
 * dynafilter.torchfile.SafetensorsFile} reads and writes safetensors, {@link dynafilter.torchfile.TypedDict} reads a dict of such a file key by key. No code of a file is run, but TorchScript's own by
 * libtorch; every length is checked before it is believed, and the limits have tests with hostile files: raise none without
 * one. Equal values give equal bytes. What the tensors mean is {@code dynafilter.checkpoint}'s.
 */
@NullMarked
package dynafilter.torchfile;

import org.jspecify.annotations.NullMarked;
