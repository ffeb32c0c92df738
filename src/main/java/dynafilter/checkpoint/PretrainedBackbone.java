package dynafilter.checkpoint;

import dynafilter.io.AtomicFile;
import dynafilter.model.BackboneArchitecture;
import dynafilter.model.ResNetStem;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A backbone as a source gives it.
 *
 * @param architecture how it computes
 * @param program what a run's folder keeps of an architecture that only the source knows; null where this program knows it
 * @param state its tensors by name in the network's state dict, on the CPU; none for random weights
 * @param notes what was chosen and converted to read them, and what is to be known of them, for people
 * @param owner of the tensors and of the architecture's program; closed with this
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record PretrainedBackbone(
        BackboneArchitecture architecture,
        byte @Nullable [] program,
        Map<String, Tensor> state,
        List<String> notes,
        NativeOwner owner)
        implements AutoCloseable {
    static PretrainedBackbone ofResNet18Stem(Map<String, Tensor> state, List<String> notes, NativeOwner owner) {
        return new PretrainedBackbone(ResNetStem.ARCHITECTURE, null, state, notes, owner);
    }

    /** ResNet-18's stem without tensors. */
    static PretrainedBackbone ofResNet18Stem() {
        return ofResNet18Stem(Map.of(), List.of(), new NativeOwner());
    }

    /**
     * The architecture of a run that goes on, without tensors: those are in its checkpoint.
     *
     * @param file the checkpoint, for what lies beside it
     * @throws dynafilter.io.InputException where the architecture's program is not there
     */
    public static PretrainedBackbone of(Checkpoint checkpoint, Path file, ComputeDevice device) {
        long weights =
                checkpoint.model().values().stream().mapToLong(Tensor::nbytes).sum();
        return checkpoint
                .backboneProgram()
                .map(sha256 -> BackboneProgram.beside(file, sha256, weights, device))
                .orElseGet(PretrainedBackbone::ofResNet18Stem);
    }

    /** Puts the architecture's program into a run's folder, where its checkpoints need it. */
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
