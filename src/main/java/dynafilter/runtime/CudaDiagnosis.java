package dynafilter.runtime;

import dynafilter.io.InputException;
import dynafilter.runtime.LibrarySearch.Found;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.global.torch_cuda;
import org.jspecify.annotations.Nullable;

/** What this machine has of what CUDA needs, found without running any of it. */
public final class CudaDiagnosis {
    private static final String JAVACPP_FOLDERS = "org.bytedeco.javacpp.platform.preloadpath";

    private final boolean built;
    private final @Nullable CudaDriver driver; // null: this machine has none
    private final List<Found> libraries;
    private @Nullable String loadFailure; // null: nothing has failed so far

    CudaDiagnosis(boolean built, LibrarySearch search, Path root) {
        this.built = built;
        driver = CudaDriver.find(search, root).orElse(null);
        libraries = built ? CudaLibrary.all().stream().map(search::find).toList() : List.of();
    }

    /**
     * Looks around on this machine.
     *
     * @param named a folder to look into before all others; null for none
     * @throws InputException where that is no folder
     */
    public static CudaDiagnosis ofMachine(@Nullable Path named) {
        if (named != null && !Files.isDirectory(named)) {
            throw new InputException("--cuda-libs " + named + ": there is no such folder");
        }
        Path root = Path.of("/");
        Map<String, String> environment = System.getenv();
        return new CudaDiagnosis(isBuilt(), new LibrarySearch(named, environment, root), root);
    }

    /** Whether the natives of this build have CUDA. */
    public static boolean isBuilt() {
        return CudaDiagnosis.class.getResource(CudaGpu.NATIVES) != null;
    }

    /** Whether this machine seems to be meant for CUDA: what is in the way then is worth a warning. */
    public boolean hasDriver() {
        return driver != null;
    }

    /** The driver's version; null where it has none, or does not tell. */
    public @Nullable String driverVersion() {
        return driver == null ? null : driver.version();
    }

    /** Names of the GPUs that the kernel knows; none where it does not tell. */
    public List<String> gpus() {
        return driver == null ? List.of() : driver.gpus();
    }

    /**
     * A library that the natives need.
     *
     * @param version null where the library is missing
     * @param path null where it is missing
     * @param install what brings it; null where it is there
     */
    public record Library(
            String soname, @Nullable String version, @Nullable Path path, @Nullable String install) {}

    /** Every library the natives need, in the order in which they are loaded; none for a build without CUDA. */
    public List<Library> libraries() {
        return libraries.stream()
                .map(found -> new Library(
                        found.library().soname(),
                        found.version(),
                        found.path(),
                        found.isMissing() ? install(List.of(found)) : null))
                .toList();
    }

    /** What keeps this machine from using CUDA, and what to do about it; empty where nothing is seen. */
    public Optional<String> problem() {
        if (!built) {
            return Optional.of(Installation.withCuda());
        }
        if (driver == null) {
            return Optional.of("there is no NVIDIA driver here (no libcuda.so.1, no /proc/driver/nvidia)");
        }
        return driver.problem().or(this::missing).or(() -> Optional.ofNullable(loadFailure));
    }

    /** Which libraries are missing, and the command that installs them; empty where none is. */
    public Optional<String> missing() {
        return missing(any -> true);
    }

    private Optional<String> missing(Predicate<CudaLibrary> needed) {
        List<Found> missing = libraries.stream()
                .filter(found -> found.isMissing() && needed.test(found.library()))
                .toList();
        if (missing.isEmpty()) {
            return Optional.empty();
        }
        String names = missing.stream()
                .map(found -> found.library().soname()
                        + (found.older() == null ? "" : " (only the older " + found.older() + " is here)"))
                .collect(Collectors.joining(", "));
        return Optional.of(names + (missing.size() == 1 ? " is" : " are") + " missing; install with: "
                + install(missing) + "; or name the folder that has " + (missing.size() == 1 ? "it" : "them")
                + " with --cuda-libs");
    }

    private static String install(List<Found> missing) {
        return "pip install " + packages(missing, CudaLibrary::pip) + " (or, from NVIDIA's repository, apt-get install "
                + packages(missing, CudaLibrary::apt) + ")";
    }

    private static String packages(List<Found> missing, Function<CudaLibrary, String> name) {
        return missing.stream().map(Found::library).map(name).distinct().collect(Collectors.joining(" "));
    }

    /**
     * Loads the libraries, so that the natives find them wherever they lie: a library that is loaded satisfies whatever is
     * linked to its soname.
     *
     * @param cuda whether for CUDA, or just what this build needs on every device
     * @throws InputException where one cannot be loaded that is needed on every device
     */
    void load(boolean cuda) {
        missing(CudaLibrary::onEveryDevice).ifPresent(CudaDiagnosis::refuse);
        load(CudaLibrary::onEveryDevice).ifPresent(CudaDiagnosis::refuse);
        if (cuda && driver != null && problem().isEmpty()) {
            shareWithJavaCpp();
            Path library = Objects.requireNonNull(driver.library(), "a driver without a problem has its library");
            loadFailure = load(library)
                    .or(() -> load(needed -> !needed.onEveryDevice()))
                    .orElse(null);
        }
    }

    /** JavaCPP looks for the same libraries in a toolkit, and would load its copy of each beside the one loaded here. */
    private void shareWithJavaCpp() {
        String folders = libraries.stream()
                .map(found -> String.valueOf(found.file().toAbsolutePath().getParent()))
                .distinct()
                .collect(Collectors.joining(File.pathSeparator));
        System.getProperties().putIfAbsent(JAVACPP_FOLDERS, folders);
    }

    /** Loads the binding to CUDA, once libtorch is loaded and where nothing is known to be in the way. */
    void loadBinding() {
        if (problem().isEmpty()) {
            try {
                Loader.load(torch_cuda.class);
            } catch (LinkageError failure) {
                loadFailure = "the binding to CUDA cannot be loaded: " + NativeRuntime.firstLine(failure)
                        + "; -Dorg.bytedeco.javacpp.logger.debug=true in JAVA_OPTS says what was tried";
            }
        }
    }

    private static void refuse(String problem) {
        throw new InputException("the CUDA build needs some libraries even on the CPU: " + problem + "; or "
                + Installation.withoutCuda());
    }

    /** Loads libraries up to the first that cannot be, and says why not. */
    private Optional<String> load(Predicate<CudaLibrary> which) {
        return libraries.stream()
                .filter(found -> which.test(found.library()))
                .flatMap(found -> load(found.file()).stream())
                .findFirst();
    }

    private static Optional<String> load(Path path) {
        try {
            System.load(path.toAbsolutePath().toString());
            return Optional.empty();
        } catch (UnsatisfiedLinkError failure) {
            String reason = NativeRuntime.firstLine(failure).replace(path + ": ", "");
            return Optional.of(
                    path + " cannot be loaded: " + reason + "; repair it, or name another folder with --cuda-libs");
        }
    }
}
