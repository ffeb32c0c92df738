package dynafilter.runfolder;

import dynafilter.io.EnumOption;
import java.util.Locale;
import java.util.Map;

/** A recipe that has a name, for users. */
public enum NamedRecipe {
    /** The default settings: on CIFAR-10 the accuracy of a long run of SGD in a few minutes of the CPU. */
    DEFAULT,
    /** Six times as long, for the last points of accuracy; all else is as by default. */
    BEST;

    /**
     * The recipe of a name.
     *
     * @throws dynafilter.io.InputException for a name that is none of these
     */
    public static NamedRecipe of(String name) {
        return EnumOption.of(NamedRecipe.class, "--recipe", name);
    }

    /** The settings in which it differs from the default ones, by name. */
    public Map<String, Object> settings() {
        return switch (this) {
            case DEFAULT -> Map.of();
            case BEST -> Map.of("epochs", 60);
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
