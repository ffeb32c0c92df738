package dynafilter.runtime;

import dynafilter.io.InputException;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;

/**
 * What to tell of natives that cannot be loaded: the loader's own reason, and the way out.
 *
 * @param failure what JavaCPP threw
 * @param cache where the natives are unpacked; null where they are loaded in place
 * @param addressSpace that is left, in bytes; empty without a limit
 */
record LoadFailure(LinkageError failure, @Nullable NativeCache cache, OptionalLong addressSpace) {
    private static final String[] NO_SPACE = {"No space left", "not enough space", "quota exceeded"};
    private static final String[] NO_MEMORY = {"failed to map segment", "Cannot allocate memory"};

    private static final Pattern ABSENT = Pattern.compile("([^/: ]+): cannot open shared object file");

    InputException toUser() {
        return new InputException(
                "cannot load libtorch on " + NativeRuntime.platform() + ": " + reason() + "; " + wayOut(), failure);
    }

    /** JavaCPP tries several places and speaks of the last one, Java's library path; why the file itself failed is a cause. */
    String reason() {
        Throwable deepest = failure;
        while (deepest.getCause() != null) {
            deepest = deepest.getCause();
        }
        String line = NativeRuntime.firstLine(deepest);
        int path = line.indexOf(": ");
        return path > 0 && line.startsWith(line.substring(0, path + 2), path + 2) ? line.substring(path + 2) : line;
    }

    private boolean isOne(String... reasons) {
        for (String one : reasons) {
            if (reason().contains(one)) {
                return true;
            }
        }
        return false;
    }

    /** JavaCPP passes over a library that it could not unpack, until one is loaded that needs it. */
    private boolean isNotUnpacked() {
        Matcher absent = ABSENT.matcher(reason());
        return absent.find()
                && Stream.of("pytorch", "openblas")
                        .flatMap(owner -> Stream.of("", "-gpu")
                                .map(extension ->
                                        "/org/bytedeco/" + owner + "/" + Loader.getPlatform() + extension + "/"))
                        .anyMatch(folder -> LoadFailure.class.getResource(folder + absent.group(1)) != null);
    }

    String wayOut() {
        if (reason().startsWith("no ") && reason().contains("java.library.path")) {
            return Installation.wholeAgain();
        }
        Optional<String> unfit = cache == null ? Optional.empty() : cache.problem();
        if (cache != null && (unfit.isPresent() || isOne(NO_SPACE) || isNotUnpacked())) {
            return "the native libraries, " + NativeCache.size() + ", are unpacked into " + cache.folder()
                    + unfit.map(why -> ": " + why).orElse("") + "; free some space there (a quota may be used up), or "
                    + NativeCache.ELSEWHERE;
        }
        if (isOne(NO_MEMORY) && addressSpace.isPresent()) {
            return "only " + AddressSpace.inWords(addressSpace.getAsLong()) + ": " + AddressSpace.REMEDY;
        }
        return "Linux x86-64 needs glibc 2.28 or newer"
                + (cache == null
                        ? ""
                        : "; if this machine has it, delete " + cache.folder() + ", where they are unpacked, or "
                                + NativeCache.ELSEWHERE);
    }
}
