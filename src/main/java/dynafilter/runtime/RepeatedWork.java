package dynafilter.runtime;

import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Device work that is the same at every run: the same operators over the same tensors, with nothing read back. On CUDA it
 * is captured as a graph after a few runs, and replayed from then on: one launch instead of hundreds.
 */
public final class RepeatedWork implements AutoCloseable {
    /**
     * The number of runs before the capture, in which libraries choose algorithms and allocate workspaces, as torch.cuda.graph
     * advises.
     */
    static final int WARM_UP = 3;

    /** Captured work. */
    interface Capture extends AutoCloseable {
        void replay();

        @Override
        void close();
    }

    private final Runnable work;
    private @Nullable Function<Runnable, Capture> capturer; // null: the work is not to be captured, or cannot be
    private final Consumer<String> warning;
    private int runs;
    private @Nullable Capture capture;

    RepeatedWork(Runnable work, @Nullable Function<Runnable, Capture> capturer, Consumer<String> warning) {
        this.work = work;
        this.capturer = capturer;
        this.warning = warning;
    }

    /**
     * Repeated work, which has not run so far.
     *
     * @param graph true: the work is for the current CUDA device and is to be captured; false: it runs operator by operator
     * @param work keeps no tensor of one run for the next, other than those that existed before the first
     * @param warning hears why the capture fails, where it does; the work then runs operator by operator
     */
    public static RepeatedWork of(boolean graph, Runnable work, Consumer<String> warning) {
        return new RepeatedWork(work, graph ? CudaGraph::capture : null, warning);
    }

    /** Runs the work once. */
    public void run() {
        if (capturer != null && isAboutToCapture()) {
            capture(capturer);
        }
        if (capture != null) {
            capture.replay();
        } else {
            work.run();
        }
        runs++;
    }

    /** True: the next run tries to capture the work; false: it does not. */
    public boolean isAboutToCapture() {
        return capture == null && capturer != null && runs >= WARM_UP;
    }

    private void capture(Function<Runnable, Capture> by) {
        try {
            capture = by.apply(work); // recorded, not done: the replay does it
        } catch (RuntimeException failure) {
            capturer = null;
            warning.accept("the step cannot be captured as a CUDA graph and runs operator by operator, slower: "
                    + NativeRuntime.firstLine(failure) + " (--cuda-graph off goes without)");
        }
    }

    /** True: the work is replayed from a graph by now; false: it runs operator by operator. */
    public boolean isCaptured() {
        return capture != null;
    }

    @Override
    public void close() {
        if (capture != null) {
            capture.close();
            capture = null;
        }
    }
}
