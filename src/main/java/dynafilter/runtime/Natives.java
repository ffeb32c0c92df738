package dynafilter.runtime;

import dynafilter.io.InputException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The state of the native libraries, found without loading any.
 *
 * @param state the folder that they are or will be unpacked into, or the reason why they cannot be, in words
 * @param addressSpace the address space that is left for them, in words; null: there is no limit
 */
public record Natives(String state, @Nullable String addressSpace) {
    /** Finds the state on this machine. */
    public static Natives look() {
        return new Natives(
                describe(),
                AddressSpace.left().stream()
                        .mapToObj(AddressSpace::inWords)
                        .findFirst()
                        .orElse(null));
    }

    private static String describe() {
        Optional<Path> inPlace = NativeRuntime.inPlace();
        if (inPlace.isPresent()) {
            return "in place, " + inPlace.get();
        }
        try {
            NativeCache cache = NativeRuntime.cache();
            return cache.problem()
                    .map(reason -> "cannot be unpacked into " + cache.folder() + ": " + reason)
                    .orElse(
                            cache.isUnpacked()
                                    ? "unpacked in " + cache.folder()
                                    : "to be unpacked into " + cache.folder() + ", " + NativeCache.size());
        } catch (InputException none) {
            return String.valueOf(none.getMessage());
        }
    }
}
