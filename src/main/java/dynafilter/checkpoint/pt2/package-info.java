/**
 * Networks that leave as programs of {@code torch.export} (.pt2), for Python, AOTInductor and ExecuTorch.
 * {@link dynafilter.checkpoint.pt2.Pt2Format} writes one; {@code NetworkProgram} says what the network computes, in PyTorch's
 * operators, {@code ScriptProgram} what a backbone of TorchScript does, {@code ProgramGraph} is the form that PyTorch's schema gives to
 * it, and {@code ProgramArchive} the file.
 */
@NullMarked
package dynafilter.checkpoint.pt2;

import org.jspecify.annotations.NullMarked;
