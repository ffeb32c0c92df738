package dynafilter.runtime;

import dynafilter.runtime.LibrarySearch.Found;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The libraries that cuDNN consists of. It opens them by their bare names when it first needs them, and refuses a set of several
 * versions then, at the first convolution. A newer version has more of them than an older one: so all that lie beside the main
 * one are loaded, and the system's loader does not look for its own copy of one.
 */
final class CudnnLibraries {
    private static final String MAIN = "libcudnn.so.9";
    private static final String NAMES = "libcudnn_.*\\.so\\.9";

    private CudnnLibraries() {}

    /** Those beside the main one that are not in the list of what is needed, by name; none of them is required. */
    static List<Path> unlisted(List<Found> libraries) {
        return folder(libraries).map(folder -> unlisted(folder, libraries)).orElse(List.of());
    }

    private static List<Path> unlisted(Path folder, List<Found> libraries) {
        List<String> listed = libraries.stream().map(CudnnLibraries::name).toList();
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().matches(NAMES))
                    .filter(file -> !listed.contains(file.getFileName().toString()))
                    .sorted()
                    .toList();
        } catch (IOException unreadable) {
            return List.of();
        }
    }

    /** Which libraries come from another folder than the main one, and what to do about it; empty where none does. */
    static Optional<String> mixture(List<Found> libraries) {
        Path home = folder(libraries).map(CudnnLibraries::real).orElse(null);
        if (home == null) {
            return Optional.empty();
        }
        List<Path> strangers = libraries.stream()
                .filter(found -> !found.isMissing() && name(found).matches(NAMES))
                .map(Found::file)
                .filter(file -> !Objects.equals(
                        real(Objects.requireNonNull(file.toAbsolutePath().getParent(), "a file has a folder")), home))
                .toList();
        return strangers.isEmpty()
                ? Optional.empty()
                : Optional.of("cuDNN is mixed: " + MAIN + " is of " + home + ", but not "
                        + strangers.stream().map(Path::toString).collect(Collectors.joining(", "))
                        + "; the first convolution fails where the versions differ: name a folder that has all of it with"
                        + " --cuda-libs");
    }

    private static Optional<Path> folder(List<Found> libraries) {
        return libraries.stream()
                .filter(found -> name(found).equals(MAIN) && !found.isMissing())
                .map(found -> found.file().toAbsolutePath().getParent())
                .findFirst();
    }

    private static String name(Found found) {
        return found.library().soname();
    }

    private static Path real(Path folder) {
        try {
            return folder.toRealPath();
        } catch (IOException broken) {
            return folder;
        }
    }
}
