package dynafilter.model;

import dynafilter.io.InputException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** The kind of the filters of the last convolution. */
public enum FilterKind {
    /** Generated from the label's embedding. */
    DYNAMIC,
    /** One trainable filter per class. */
    STATIC,
    /** One trainable filter shared by all classes; the predictor has one output per class. */
    SINGLE;

    /**
     * The kind of a name, as on the command line.
     *
     * @throws InputException for a name that is none of these
     */
    public static FilterKind of(String name) {
        return Arrays.stream(values())
                .filter(kind -> kind.toString().equals(name))
                .findFirst()
                .orElseThrow(() -> new InputException("filters '" + name + "' are unknown; use one of "
                        + Arrays.stream(values()).map(FilterKind::toString).collect(Collectors.joining(", "))));
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
