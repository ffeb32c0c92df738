package dynafilter.checkpoint;

import dynafilter.data.device.ChannelStatistics;
import dynafilter.io.AtomicFile;
import dynafilter.model.BackboneArchitecture;
import dynafilter.model.ResNetArchitecture;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import java.nio.file.Path;
import java.util.ArrayList;
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
 * @param told the statistics of pixels that the weights were trained with, where a config.json tells them; null: none does
 * @param notes the choices and conversions that reading took, and warnings about the weights, for people
 * @param owner the owner of the tensors and of the architecture's native objects; closed with this
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record PretrainedBackbone(
        BackboneArchitecture architecture,
        byte @Nullable [] program,
        Map<String, Tensor> state,
        @Nullable ChannelStatistics told,
        List<String> notes,
        NativeOwner owner)
        implements AutoCloseable {
    /**
     * The statistics of pixels by which images are normalised where a run does not choose others: for a ResNet's weights those
     * that they were trained with, which are ImageNet's where nothing tells; CIFAR-10's for ResNet-18's stem, for TorchScript and
     * for random weights, with which networks of this program have always been trained.
     */
    public ChannelStatistics statistics() {
        if (program != null || state.isEmpty() || architecture == ResNetArchitecture.STEM) {
            return ChannelStatistics.CIFAR;
        }
        return told == null ? ChannelStatistics.IMAGENET : told;
    }

    /**
     * The notes, with one on the weights where they were trained with other statistics of pixels than they are used with.
     *
     * @param used the statistics by which images are normalised
     */
    public List<String> notes(ChannelStatistics used) {
        List<String> all = new ArrayList<>(notes);
        if (told != null && !told.equals(used)) {
            all.add("its images had " + told + "; images here have " + used);
        }
        return all;
    }

    /** A ResNet without tensors. */
    static PretrainedBackbone of(ResNetArchitecture architecture) {
        return new PretrainedBackbone(architecture, null, Map.of(), null, List.of(), new NativeOwner());
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
