package dynafilter.benchmark;

import dynafilter.io.EnumOption;
import java.util.Locale;

/** What is measured. */
public enum Mode {
    /** Training steps. */
    TRAIN,
    /** Scores of batches, with the filters computed before. */
    INFER;

    /** @throws dynafilter.io.InputException for a name that is none of these */
    public static Mode of(String name) {
        return EnumOption.of(Mode.class, "--mode", name);
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
