package dynafilter.runtime;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;

/**
 * The folder that JavaCPP unpacks the natives into, from their jars, before it loads them.
 *
 * @param marker a file that is there once all of them have been unpacked
 * @param jar the folder's part that the largest of the jars fills
 */
record NativeCache(Path folder, Path marker, Path jar) {
    /** Names the folder where {@code --native-cache} does not. */
    static final String VARIABLE = "DYNAFILTER_NATIVE_CACHE";

    static final String ELSEWHERE = "unpack them elsewhere with --native-cache DIR (or " + VARIABLE + "=DIR)";

    private static final String PROPERTY = "org.bytedeco.javacpp.cachedir";
    private static final long CPU_BYTES = 467_000_000;

    /** Names the folder, before the first class of JavaCPP is loaded. */
    static void use(Path folder) {
        System.setProperty(PROPERTY, folder.toAbsolutePath().toString());
    }

    /** Names the folder where neither an option of the program nor one of Java has done so. */
    static void useDefault() {
        String variable = System.getenv(VARIABLE);
        if (System.getProperty(PROPERTY) != null) {
            return;
        }
        if (variable != null && !variable.isBlank()) {
            use(Path.of(variable));
        } else if (!Path.of(System.getProperty("user.home")).isAbsolute()) {
            use(HomeFolder.find().resolve(".javacpp").resolve("cache"));
        }
    }

    /**
     * Makes the folder, where it is not there.
     *
     * @param what is unpacked there; another version has another name
     * @throws InputException where a folder is named that cannot be made: JavaCPP would take another one without a word
     */
    static NativeCache find(String what) {
        String named = System.getProperty(PROPERTY);
        if (named != null) {
            NativeCache cache = of(Path.of(named), what);
            refusal(cache.folder).ifPresent(reason -> {
                throw new InputException(cache.refused(reason));
            });
        }
        try {
            return of(Loader.getCacheDir().toPath(), what);
        } catch (IOException none) {
            throw new InputException(
                    "there is no folder to unpack the native libraries into (" + none.getMessage() + "); " + ELSEWHERE,
                    none);
        }
    }

    static NativeCache of(Path folder, String what) {
        return new NativeCache(
                folder,
                folder.resolve("dynafilter-" + what + ".unpacked"),
                folder.resolve("pytorch-" + NativeRuntime.torchVersion() + "-" + Loader.getPlatform()
                        + (CudaDiagnosis.isBuilt() ? "-gpu" : "") + ".jar"));
    }

    boolean isUnpacked() {
        return Files.exists(marker);
    }

    /** What unpacked natives take, for people. */
    static String size() {
        return CudaDiagnosis.isBuilt() ? "about 1 GB" : "445 MB";
    }

    /** What to tell of a folder that is unfit. */
    String refused(String reason) {
        return "the native libraries cannot be unpacked into " + folder + ": " + reason + "; " + ELSEWHERE;
    }

    /** What keeps natives from being unpacked there or from being loaded, as far as that can be seen. */
    Optional<String> problem() {
        return refusal(folder).or(this::lackOfSpace);
    }

    private static Optional<String> refusal(Path folder) {
        try {
            Files.createDirectories(folder);
            Path trial = Files.createTempFile(folder, ".writable", "");
            try {
                boolean executable = !trial.toFile().setExecutable(true) || Files.isExecutable(trial);
                return executable
                        ? Optional.empty()
                        : Optional.of("programs may not be run from there (its file system is mounted noexec)");
            } finally {
                Files.delete(trial);
            }
        } catch (IOException failure) {
            return Optional.of(reason(failure));
        }
    }

    private Optional<String> lackOfSpace() {
        try {
            long free = Files.getFileStore(folder).getUsableSpace();
            return isUnpacked() || Files.exists(jar) || CudaDiagnosis.isBuilt() || free >= CPU_BYTES
                    ? Optional.empty()
                    : Optional.of("only " + free / 1_000_000 + " MB are free there, and they take " + size());
        } catch (IOException unknown) {
            return Optional.empty(); // it will be seen
        }
    }

    private static String reason(IOException failure) {
        if (failure instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (failure instanceof FileAlreadyExistsException) {
            return "a file is in the way";
        }
        if (failure instanceof FileSystemException of) {
            return of.getReason() != null ? of.getReason() : "it cannot be made";
        }
        return String.valueOf(failure.getMessage());
    }
}
