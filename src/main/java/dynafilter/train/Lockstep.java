package dynafilter.train;

import static java.nio.charset.StandardCharsets.UTF_8;

import dynafilter.distributed.Agreement;
import dynafilter.distributed.WorkerFailure;
import dynafilter.distributed.WorkerGroup;
import dynafilter.io.InputException;
import dynafilter.runfolder.Ending;
import dynafilter.runtime.ComputeDevice;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Supplier;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/**
 * What the ranks of a run settle together beside gradients: when to stop, what an epoch's sums are, and that all have the same
 * network. Alone there is nothing to settle, and nothing of it costs anything.
 */
public final class Lockstep {
    /** Endings that one rank comes to by itself; its vote makes all end, at the same step. */
    private static final Ending[] VOTED = {Ending.INTERRUPTED, Ending.MAX_MINUTES};

    private static final int CUDA_STEPS = 16; // between two looks at the votes: each waits for the device

    private final WorkerGroup group;
    private final TrainingState state;
    private final boolean cuda;
    private Ending agreed;

    Lockstep(WorkerGroup group, TrainingState state, ComputeDevice device) {
        this.group = group;
        this.state = state;
        cuda = device.isCuda();
    }

    /** A step of all ranks, whose sums carry this rank's vote along. */
    void step(Supplier<Ending> wish, Runnable step) {
        if (group.isSingle()) {
            step.run();
            return;
        }
        vote(wish.get());
        step.run();
        if (!cuda || state.step() % CUDA_STEPS == 0) {
            count();
        }
    }

    private void vote(Ending own) {
        for (int i = 0; i < VOTED.length; i++) {
            if (own == VOTED[i]) {
                try (PointerScope scope = new PointerScope();
                        NoGradGuard guard = new NoGradGuard()) {
                    state.parameters().votes().get(i).fill_(new Scalar(1.0));
                }
            }
        }
    }

    private void count() {
        try (PointerScope scope = new PointerScope()) {
            for (int i = VOTED.length - 1; i >= 0; i--) {
                if (state.parameters().votes().get(i).item_double() > 0) {
                    agreed = VOTED[i];
                }
            }
        }
    }

    /** Why all ranks end now; null to go on. Alone, it is what this one wishes. */
    Ending ending(Supplier<Ending> wish) {
        return group.isSingle() ? wish.get() : agreed;
    }

    /** The sums of all ranks. */
    TrainingMetrics.Sums total(TrainingMetrics.Sums own) {
        if (group.isSingle()) {
            return own;
        }
        double loss = 0;
        long correct = 0;
        long images = 0;
        for (long[] row : group.gather(Double.doubleToRawLongBits(own.lossSum()), own.correct(), own.images())) {
            loss += Double.longBitsToDouble(row[0]);
            correct += row[1];
            images += row[2];
        }
        return new TrainingMetrics.Sums(loss, correct, images);
    }

    /** Gives all ranks BatchNorm's running statistics of rank 0, which are the ones that are saved. */
    void shareStatistics() {
        if (!group.isSingle()) {
            try (PointerScope scope = new PointerScope()) {
                state.buffers().forEach(group::broadcast);
            }
        }
    }

    /** @throws InputException where a rank begins with another network */
    void requireSameStart() {
        firstDifferent(state.parameters().state().values()).ifPresent(rank -> {
            throw new InputException("rank " + rank
                    + " begins with another network than rank 0, or at another step; give all ranks the same"
                    + " --backbone file, --seed and checkpoint, on processors of one kind");
        });
    }

    /**
     * @param wish this rank's vote, which counts until the next step
     * @throws WorkerFailure where a rank has come to another network
     */
    void finishEpoch(Supplier<Ending> wish) {
        if (!group.isSingle()) {
            gatherVotes(wish.get());
        }
        firstDifferent(List.of(state.parameters().values())).ifPresent(rank -> {
            throw new WorkerFailure("after epoch " + state.epoch() + " rank " + rank
                    + " has other parameters than rank 0: its memory or network is not to be trusted");
        });
    }

    private void gatherVotes(Ending own) {
        long[][] votes = group.gather(own == VOTED[0] ? 1 : 0, own == VOTED[1] ? 1 : 0);
        for (int i = VOTED.length - 1; i >= 0; i--) {
            for (long[] row : votes) {
                agreed = row[i] > 0 ? VOTED[i] : agreed;
            }
        }
    }

    private OptionalInt firstDifferent(Collection<Tensor> tensors) {
        if (group.isSingle()) {
            return OptionalInt.empty();
        }
        ByteBuffer hash = ByteBuffer.wrap(hash(tensors));
        return Agreement.firstDifferent(group.gather(hash.getLong(), hash.getLong(), hash.getLong(), hash.getLong()));
    }

    /** SHA-256 of tensors, and of how far training has come. */
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
