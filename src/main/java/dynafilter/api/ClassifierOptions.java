package dynafilter.api;

/**
 * How a {@link Classifier} computes. The words are those of the options of {@code predict}.
 *
 * @param device {@code auto} (CUDA where it works, else the CPU), {@code cpu}, {@code cuda} or {@code cuda:N}
 * @param threads the number of threads that one call may use on the CPU. With 1, calls of several threads run beside each other,
 *     each on a core
 * @param precision {@code fp32}, {@code tf32} (CUDA) or {@code bf16}
 * @param engine what computes the scores. An ONNX file is always run by ONNX Runtime
 * @param views {@code none}, or views of each picture whose scores are averaged: {@code mirror} or {@code shifts}
 * @param exact true: scores have the bits that {@code predict} and {@code eval} compute for as many pictures at once; false:
 *     where there is a quicker way it is taken, with BatchNorm folded into the convolutions, in half the time: at most 1e-5 of the
 *     largest score off, and by as much a picture's scores may depend on how many pictures a call has
 */
public record ClassifierOptions(
        String device, int threads, String precision, Engine engine, String views, boolean exact) {
    /** The options where a program asks for nothing: {@code auto}, 1 thread, {@code fp32}, libtorch, no views, not exact. */
    public static final ClassifierOptions DEFAULT =
            new ClassifierOptions("auto", 1, "fp32", Engine.LIBTORCH, "none", false);

    /** @throws IllegalArgumentException for less than one thread */
    public ClassifierOptions {
        if (threads < 1) {
            throw new IllegalArgumentException(threads + " threads: give 1 or more");
        }
    }

    /** These options with another {@link #device}. */
    public ClassifierOptions withDevice(String other) {
        return new ClassifierOptions(other, threads, precision, engine, views, exact);
    }

    /** These options with another number of {@link #threads}. */
    public ClassifierOptions withThreads(int other) {
        return new ClassifierOptions(device, other, precision, engine, views, exact);
    }

    /** These options with another {@link #precision}. */
    public ClassifierOptions withPrecision(String other) {
        return new ClassifierOptions(device, threads, other, engine, views, exact);
    }

    /** These options with another {@link #engine}. */
    public ClassifierOptions withEngine(Engine other) {
        return new ClassifierOptions(device, threads, precision, other, views, exact);
    }

    /** These options with other {@link #views}. */
    public ClassifierOptions withViews(String other) {
        return new ClassifierOptions(device, threads, precision, engine, other, exact);
    }

    /** These options, {@link #exact} or not. */
    public ClassifierOptions withExact(boolean other) {
        return new ClassifierOptions(device, threads, precision, engine, views, other);
    }
}
