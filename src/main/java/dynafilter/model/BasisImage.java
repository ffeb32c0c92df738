package dynafilter.model;

import java.util.Locale;

/** Whether the image has a part in mixing the filters of a {@link FilterKind#BASIS}. */
public enum BasisImage {
    /** Label and image decide the mixture: each image has filters of its own. */
    ON,
    /** The label alone does: filters are constants. */
    OFF;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
