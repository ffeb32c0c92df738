package dynafilter.train;

import static java.nio.charset.StandardCharsets.UTF_8;

import dynafilter.distributed.Agreement;
import dynafilter.distributed.WorkerFailure;
import dynafilter.distributed.WorkerGroup;
import dynafilter.io.InputException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.List;
import java.util.OptionalInt;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** The check that all ranks train the same network, by hashes of their parameters. A single process has nothing to compare. */
final class ParameterCheck {
    private final WorkerGroup group;
    private final TrainingState state;

    ParameterCheck(WorkerGroup group, TrainingState state) {
        this.group = group;
        this.state = state;
    }

    /**
     * Compares the networks that the ranks begin with.
     *
     * @throws InputException where a rank begins with another network; every rank throws it
     */
    void requireSameStart() {
        firstDifferent(state.parameters().state().values()).ifPresent(rank -> {
            throw new InputException("rank " + rank
                    + " begins with another network than rank 0, or at another step; give all ranks the same"
                    + " --backbone file, --seed and checkpoint, on processors of one kind");
        });
    }

    /**
     * Compares the networks at the end of an epoch.
     *
     * @throws WorkerFailure where a rank has other parameters; every rank throws it
     */
    void requireSameEnd() {
        firstDifferent(List.of(state.parameters().values())).ifPresent(rank -> {
            throw new WorkerFailure("after epoch " + state.epoch() + " rank " + rank
                    + " has other parameters than rank 0: its memory or network is not to be trusted");
        });
    }

    private OptionalInt firstDifferent(Collection<Tensor> tensors) {
        if (group.isSingle()) {
            return OptionalInt.empty();
        }
        ByteBuffer hash = ByteBuffer.wrap(hash(tensors));
        return Agreement.firstDifferent(group.gather(hash.getLong(), hash.getLong(), hash.getLong(), hash.getLong()));
    }

    /** The SHA-256 of tensors and of the numbers of finished epochs and steps. */
    private byte[] hash(Collection<Tensor> tensors) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update((state.epoch() + "/" + state.step()).getBytes(UTF_8));
            for (Tensor tensor : tensors) {
                try (PointerScope scope = new PointerScope()) {
                    Tensor values = tensor.detach().cpu().contiguous();
                    digest.update(new BytePointer(values.data_ptr())
                            .capacity(values.nbytes())
                            .asByteBuffer());
                }
            }
            return digest.digest();
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
