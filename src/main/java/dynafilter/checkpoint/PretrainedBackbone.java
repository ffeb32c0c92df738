package dynafilter.checkpoint;

import dynafilter.io.AtomicFile;
import dynafilter.model.BackboneArchitecture;
import dynafilter.model.ResNetArchitecture;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A backbone from a file, a download or a checkpoint, before it is part of a network.
 *
 * @param architecture the backbone's layers
 * @param program the TorchScript program that a run's folder keeps; null for an architecture of this program
 * @param state the tensors by their names in the network's state dict, on the CPU; empty for random weights
 * @param notes the choices and conversions that reading took, and warnings about the weights, for people
 * @param owner the owner of the tensors and of the architecture's native objects; closed with this
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record PretrainedBackbone(
        BackboneArchitecture architecture,
        byte @Nullable [] program,
        Map<String, Tensor> state,
        List<String> notes,
        NativeOwner owner)
        implements AutoCloseable {
    /** A ResNet without tensors. */
    static PretrainedBackbone of(ResNetArchitecture architecture) {
        return new PretrainedBackbone(architecture, null, Map.of(), List.of(), new NativeOwner());
    }

    /**
     * The architecture of the network in a checkpoint, without tensors, which are in the checkpoint itself.
     *
     * @param file the checkpoint's file, beside which the architecture's program lies
     * @return the backbone, which the caller closes
     * @throws dynafilter.io.InputException where the architecture's program is missing, or is another one
     */
    public static PretrainedBackbone of(Checkpoint checkpoint, Path file, ComputeDevice device) {
        long weights =
                checkpoint.model().values().stream().mapToLong(Tensor::nbytes).sum();
        return checkpoint
                .backboneProgram()
                .map(sha256 -> BackboneProgram.beside(file, sha256, weights, device))
                .orElseGet(() -> of(ResNetArchitecture.ofState(checkpoint.model())));
    }

    /**
     * The architecture of a trained network, without tensors.
     *
     * @return the backbone, which the caller closes
     * @throws dynafilter.io.InputException where the architecture's program is missing, or is another one
     */
    public static PretrainedBackbone of(TrainedNetwork trained, ComputeDevice device) {
        long weights =
                trained.state().values().stream().mapToLong(Tensor::nbytes).sum();
        return trained.network()
                .shape()
                .backbone()
                .programSha256()
                .map(sha256 -> BackboneProgram.beside(trained.file(), sha256, weights, device))
                .orElseGet(() -> of(ResNetArchitecture.ofState(trained.state())));
    }

    /**
     * Writes the architecture's program, if there is one, into a run's folder, where the run's checkpoints need it.
     *
     * @throws dynafilter.io.OutputException where the file cannot be written
     */
    public void writeProgram(Path folder) {
        if (program != null) {
            AtomicFile.write(BackboneProgram.fileIn(folder), out -> out.write(program));
        }
    }

    @Override
    public void close() {
        owner.close();
    }
}
