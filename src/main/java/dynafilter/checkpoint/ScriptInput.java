package dynafilter.checkpoint;

import dynafilter.io.EnumOption;
import dynafilter.io.InputException;
import java.util.Locale;

/** The form of the images that an exported network takes. */
public enum ScriptInput {
    /** Images as the network was trained with: float32, mean 0 and standard deviation 1 by channel. */
    NORMALIZED,
    /** Images as in files: uint8, 0 to 255. */
    UINT8;

    /**
     * The form of a name.
     *
     * @throws InputException for a name that is none of these
     */
    public static ScriptInput of(String name) {
        return EnumOption.of(ScriptInput.class, "--input", name);
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
