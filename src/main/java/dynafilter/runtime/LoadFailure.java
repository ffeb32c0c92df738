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
 * The explanation of a failure to load the natives: the loader's own reason, and the way out.
 *
 * @param failure the failure that JavaCPP threw
 * @param cache the folder that the natives are unpacked into; null where they are loaded in place
 * @param addressSpace the address space that is left, in bytes; empty without a limit
 */
record LoadFailure(LinkageError failure, @Nullable NativeCache cache, OptionalLong addressSpace) {
    private static final String[] NO_SPACE = {"No space left", "not enough space", "quota exceeded"};
    private static final String[] NO_MEMORY = {"failed to map segment", "Cannot allocate memory"};

    private static final Pattern ABSENT = Pattern.compile("([^/: ]+): cannot open shared object file");

    InputException toUser() {
        return new InputException(
                "cannot load libtorch on " + NativeRuntime.platform() + ": " + reason() + "; " + wayOut(), failure);
    }

    /**
     * The loader's reason. JavaCPP tries several places and reports the last one, Java's library path; the reason why the file
     * itself failed is the deepest cause.
     */
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

    /**
     * True: a library of this program's jars is missing, since JavaCPP could not unpack it, which it reports only when another
     * library needs it; false: the failure is another.
     */
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
