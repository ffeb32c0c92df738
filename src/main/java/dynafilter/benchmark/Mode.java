package dynafilter.benchmark;

import dynafilter.io.EnumOption;
import java.util.Locale;

/** The kind of steps that a benchmark measures. */
public enum Mode {
    /** Training steps. */
    TRAIN,
    /** Inference: scores of batches, with the filters computed before. */
    INFER;

    /**
     * The mode of a name.
     *
     * @throws dynafilter.io.InputException for a name that is none of these
     */
    public static Mode of(String name) {
        return EnumOption.of(Mode.class, "--mode", name);
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
