package dynafilter.runtime;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The limit of the instructions that oneDNN's convolutions may use in this process: where those of this processor are wrong for
 * some sizes ({@link ConvolutionProof}) there is one, until a network is known whose own sizes are right without. oneDNN reads the
 * limit once, at the first convolution, so that it can go only once, before that, and in a process that has no other network to
 * come for which it would be needed.
 */
public final class ConvolutionLimit {
    private static boolean isKnown;
    private static @Nullable String limit; // null: there is none, or it is not known yet
    private static @Nullable Path answers; // the folder of the proofs' answers; null: not known yet
    private static boolean oneCommand;
    private static boolean isKept;
    private static final Set<ConvolutionSizes> RIGHT = new HashSet<>(); // those that the limit went for

    private ConvolutionLimit() {}

    /** Finds out whether this machine needs a limit; to be called before libtorch is loaded. */
    static synchronized void find(Path folder) {
        if (!isKnown) {
            answers = folder;
            limit = ConvolutionProof.limit(folder).orElse(null);
            isKnown = true;
        }
    }

    /** The instructions that convolutions on the CPU are limited to, since some are wrong with more; empty without a limit. */
    public static synchronized Optional<String> instructions() {
        return Optional.ofNullable(limit);
    }

    /** The instructions that convolutions on the CPU are limited to, by the caller or since some are wrong; empty without a limit. */
    public static Optional<String> inEffect() {
        return Optional.ofNullable(System.getenv(ConvolutionProof.LIMIT)).or(ConvolutionLimit::instructions);
    }

    /** Promises that this process executes one command, so that no network comes of which that command does not know. */
    public static synchronized void promiseOneCommand() {
        oneCommand = true;
    }

    /**
     * Keeps the limit, since convolutions are to come of which too little is known.
     *
     * @return true: they are right in this process; false: a network has lifted the limit already
     */
    public static synchronized boolean keep() {
        isKept = true;
        return RIGHT.isEmpty();
    }

    /**
     * Lifts the limit for a network, where all of its convolutions are proved to be right without; proofs are in float32. To be
     * called before the first convolution or product of the process; does nothing where there is no limit, or where other commands may
     * follow in this process.
     *
     * @param sizes of all convolutions of the network
     * @return true: the network's convolutions are right in this process; false: an earlier network has lifted the limit, and
     *     this one needs it
     */
    public static synchronized boolean lift(List<ConvolutionSizes> sizes, Precision precision) {
        boolean isLifted = !RIGHT.isEmpty();
        if (answers == null || (limit == null && !isLifted)) {
            return true;
        }
        boolean right = (isLifted || (oneCommand && !isKept))
                && precision == Precision.FP32
                && (RIGHT.containsAll(sizes) || ConvolutionProof.holds(answers, sizes));
        if (!right) {
            return !isLifted;
        }
        if (!isLifted) {
            NativeEnvironment.put(ConvolutionProof.LIMIT, ConvolutionProof.ALL);
            limit = null;
        }
        RIGHT.addAll(sizes);
        return true;
    }
}
