package dynafilter.benchmark;

import dynafilter.runtime.InputException;
import java.util.Arrays;
import java.util.Locale;

/** What is measured. */
public enum Mode {
    /** Training steps. */
    TRAIN,
    /** Scores of batches, with the filters computed before. */
    INFER;

    /** @throws InputException for a name that is none of these */
    public static Mode of(String name) {
        return Arrays.stream(values())
                .filter(mode -> mode.toString().equals(name))
                .findFirst()
                .orElseThrow(() -> new InputException("--mode " + name + ": use train or infer"));
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
