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

/** A diagnosis of this machine for CUDA: which of the driver and the libraries are here, found without running any of them. */
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
     * Searches this machine for the driver and the libraries.
     *
     * @param named a folder to search before all others; null for none
     * @throws InputException where {@code named} is not a folder
     */
    public static CudaDiagnosis ofMachine(@Nullable Path named) {
        if (named != null && !Files.isDirectory(named)) {
            throw new InputException("--cuda-libs " + named + ": there is no such folder");
        }
        Path root = Path.of("/");
        Map<String, String> environment = System.getenv();
        return new CudaDiagnosis(isBuilt(), new LibrarySearch(named, environment, root), root);
    }

    /** True: the natives of this build have CUDA; false: they are for the CPU. */
    public static boolean isBuilt() {
        return CudaDiagnosis.class.getResource(CudaGpu.NATIVES) != null;
    }

    /**
     * True: this machine has a driver, so that a problem with CUDA is worth a warning; false: it seems not to be meant for
     * CUDA.
     */
    public boolean hasDriver() {
        return driver != null;
    }

    /** True: the natives that were looked at have CUDA; false: they are for the CPU. */
    boolean isForCuda() {
        return built;
    }

    /** The file of the driver's library; null where it is missing. */
    @Nullable
    Path driverLibrary() {
        return driver == null ? null : driver.library();
    }

    /** The driver's version; null where there is no driver, or its version is not known. */
    public @Nullable String driverVersion() {
        return driver == null ? null : driver.version();
    }

    /** The names of the GPUs that the kernel knows; empty where it does not tell. */
    public List<String> gpus() {
        return driver == null ? List.of() : driver.gpus();
    }

    /**
     * Why so many processes cannot have a GPU each, by what the kernel and the user say; empty where they can, or where nothing is
     * known.
     *
     * @param visible the value of CUDA_VISIBLE_DEVICES; null where it is not set
     */
    public Optional<String> tooFewGpus(int processes, @Nullable String visible) {
        int here = gpus().isEmpty() ? Integer.MAX_VALUE : gpus().size();
        int named = visible == null || visible.isBlank() ? Integer.MAX_VALUE : visible.split(",", -1).length;
        int most = Math.min(here, named);
        return processes <= most
                ? Optional.empty()
                : Optional.of((most == 1 ? "there is 1 GPU" : "there are " + most + " GPUs")
                        + (named < here ? " in CUDA_VISIBLE_DEVICES=" + visible : " here")
                        + ", and each process needs one of its own");
    }

    /**
     * A library that the natives need.
     *
     * @param version null where the library is missing
     * @param path null where the library is missing
     * @param install the command that installs a missing library; null where the library is here
     */
    public record Library(
            String soname,
            @Nullable String version,
            @Nullable Path path,
            @Nullable String install) {}

    /** Every library that the natives need, in the order of loading; empty for a build without CUDA. */
    public List<Library> libraries() {
        return libraries.stream()
                .map(found -> new Library(
                        found.library().soname(),
                        found.version(),
                        found.path(),
                        found.isMissing() ? install(List.of(found)) : null))
                .toList();
    }

    /** The problem that keeps this machine from using CUDA, and what to do about it; empty where none is known. */
    public Optional<String> problem() {
        if (!built) {
            return Optional.of(Installation.withCuda());
        }
        if (driver == null) {
            return Optional.of("there is no NVIDIA driver here (no libcuda.so.1, no /proc/driver/nvidia)");
        }
        return driver.problem().or(this::missing).or(() -> Optional.ofNullable(loadFailure));
    }

    /** The names of the missing libraries and the command that installs them; empty where none is missing. */
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

    /** What may be wrong with the libraries that were found, and what to do about it; empty where nothing is. */
    public Optional<String> warning() {
        return CudnnLibraries.mixture(libraries);
    }

    private static String install(List<Found> missing) {
        return "pip install " + packages(missing, CudaLibrary::pip) + " (or, from NVIDIA's repository, apt-get install "
                + packages(missing, CudaLibrary::apt) + ")";
    }

    private static String packages(List<Found> missing, Function<CudaLibrary, String> name) {
        return missing.stream().map(Found::library).map(name).distinct().collect(Collectors.joining(" "));
    }

    /**
     * Loads the libraries, so that the natives find them in any folder: a loaded library satisfies every library that is linked
     * to its soname.
     *
     * @param cuda true: all libraries, for CUDA; false: only those that this build needs on every device
     * @throws InputException where a library that is needed on every device cannot be loaded
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
            // None is required, so that one which cannot be loaded is left to cuDNN.
            CudnnLibraries.unlisted(libraries).forEach(CudaDiagnosis::load);
        }
    }

    /** Names the folders to JavaCPP, which would otherwise load the copies of the same libraries in a toolkit as well. */
    private void shareWithJavaCpp() {
        String folders = libraries.stream()
                .map(found -> String.valueOf(found.file().toAbsolutePath().getParent()))
                .distinct()
                .collect(Collectors.joining(File.pathSeparator));
        System.getProperties().putIfAbsent(JAVACPP_FOLDERS, folders);
    }

    /** Loads the binding to CUDA, after libtorch, where no problem is known. */
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

    /** Loads libraries up to the first that cannot be loaded, and returns the reason for that one. */
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
