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
    SINGLE,
    /** Generated from the label's embedding and the image's feature map. */
    CONDITIONAL,
    /** Mixed from a few trained filters, by weights that are made of the label's embedding and the image's feature map. */
    BASIS,
    /** Generated from the label's embedding, with a generated weight at each place of the feature map. */
    LOCAL;

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

    /** True: labels have embeddings, of which their filters are made; false: filters are parameters themselves. */
    public boolean hasEmbeddings() {
        return this != STATIC && this != SINGLE;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
