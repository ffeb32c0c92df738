package dynafilter.runtime;

import dynafilter.io.InputException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the native libraries are, looked at without loading one.
 *
 * @param state in words: where they are or will be unpacked, or why they cannot be
 * @param addressSpace that is left for them, in words; empty without a limit
 */
public record Natives(String state, Optional<String> addressSpace) {
    /** Looks around on this machine. */
    public static Natives look() {
        return new Natives(
                describe(),
                AddressSpace.left().stream().mapToObj(AddressSpace::inWords).findFirst());
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
