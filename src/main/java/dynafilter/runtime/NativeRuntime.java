package dynafilter.runtime;

import dynafilter.io.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.presets.openblas_nolapack;
import org.bytedeco.pytorch.global.torch;

/** The loading of libtorch, with the project's settings, and its versions and messages. */
public final class NativeRuntime {
    private static final String SETTINGS = "/native-config/javacpp.properties";
    private static final String ENVIRONMENT = "/native-config/environment.properties";
    private static final String NATIVES = "dynafilter.natives"; // set by the bundle's launcher
    private static final String WAIT_POLICY = "OMP_WAIT_POLICY"; // a caller who sets it has chosen

    /** The first words of failures in TorchScript's interpreter. */
    private static final String IN_SCRIPT = "The following operation failed in the TorchScript interpreter";

    /** {@code RuntimeError: mat1 and mat2 shapes cannot be multiplied}, as Python would name the failure. */
    private static final Pattern RAISED = Pattern.compile("^(?:[\\w.]*(?:Error|Exception)): (.*\\S)\\s*$");

    private NativeRuntime() {}

    /** Loads libtorch for the CPU. */
    public static void load() {
        load(CudaDiagnosis.ofMachine(null), false);
    }

    /**
     * Applies {@code native-config/javacpp.properties} (a property given on the command line wins) and loads libtorch. JavaCPP
     * reads its settings when its first class loads, so this comes before anything else that touches a tensor; and native
     * libraries read {@code native-config/environment.properties} (a variable of the caller's wins) when they load.
     *
     * @param machine the diagnosis of this machine for CUDA
     * @param cuda true: CUDA's libraries are loaded, too, where {@code machine} has no problem; false: libtorch for the CPU
     *     alone
     * @throws InputException where this machine cannot load the natives; the message has the first cause
     */
    public static synchronized void load(CudaDiagnosis machine, boolean cuda) {
        applySettings();
        machine.load(cuda);
        requireAddressSpace();
        if (!(cuda && machine.hasDriver())) {
            limitConvolutions();
        }
        load(name(torch.class) + (cuda ? "-cuda" : ""), torch.class, known -> {
            known.ifPresent(NativeLibraries::loadFirst);
            prepareEnvironment();
            known.ifPresentOrElse(NativeLibraries::load, () -> Loader.load(torch.class));
            // For convolutions that oneDNN does not take; where it lacks the processor, each of them would say so.
            torch.globalContext().setUserEnabledNNPACK(false);
            if (cuda) {
                machine.loadBinding();
            }
        });
    }

    /**
     * Loads libtorch for commands on the CPU and on CUDA in any order. libtorch looks for CUDA once, so that it has to be there
     * first; and oneDNN reads the limit of its instructions once, at its first convolution.
     *
     * @throws InputException where this machine cannot load the natives
     */
    public static synchronized void loadForEveryDevice(CudaDiagnosis machine) {
        applySettings();
        limitConvolutions();
        load(machine, true);
    }

    /** Loads a further part of the binding, after libtorch. */
    public static synchronized void load(Class<?> binding) {
        load(
                name(binding),
                binding,
                known -> known.ifPresentOrElse(NativeLibraries::load, () -> NativeLibraries.loadByJavaCpp(binding)));
    }

    private static void load(String what, Class<?> binding, Consumer<Optional<NativeLibraries>> loading) {
        Path folder = inPlace().orElse(null);
        NativeCache cache = folder != null ? null : NativeCache.find(what);
        if (cache != null && !cache.isUnpacked()) {
            cache.problem()
                    .ifPresent(
                            reason -> { // before the disk is full
                                throw new InputException(cache.refused(reason));
                            });
        }
        try (NativeCacheLock lock = NativeCacheLock.acquire(cache)) {
            if (cache != null && !cache.isUnpacked()) { // still, where this process had to wait
                cache.deleteHalves();
            }
            loading.accept(NativeLibraries.find(binding, folder, cache));
            lock.done();
        } catch (LinkageError failure) {
            throw new LoadFailure(failure, cache, AddressSpace.left()).toUser();
        }
    }

    /** Requires enough address space: without it OpenBLAS ends the whole process, and says nothing that helps. */
    private static void requireAddressSpace() {
        OptionalLong left = AddressSpace.left();
        if (left.isPresent() && left.getAsLong() < AddressSpace.LIBTORCH && !NativeLibraries.areLoaded()) {
            throw new InputException("cannot load libtorch: only " + AddressSpace.inWords(left.getAsLong())
                    + ", and it takes 0.7 GB or more: " + AddressSpace.REMEDY);
        }
    }

    /** Sets the folder that the natives are unpacked into; to be called before they are loaded. */
    public static void unpackInto(Path folder) {
        NativeCache.use(folder);
    }

    /** The folder that libtorch is unpacked into. */
    static NativeCache cache() {
        applySettings();
        return NativeCache.find(name(torch.class));
    }

    /**
     * The folder in which libtorch lies, as in a portable bundle: beside the folder that its launcher names, or on the class path;
     * empty where the natives have to be unpacked.
     */
    static Optional<Path> inPlace() {
        String named = System.getProperty(NATIVES);
        if (named != null) {
            return Optional.of(Path.of(named, "org", "bytedeco", "pytorch", Loader.getPlatform()));
        }
        return Stream.of("", "-gpu")
                .map(extension -> NativeRuntime.class.getResource("/org/bytedeco/pytorch/" + Loader.getPlatform()
                        + extension + "/" + System.mapLibraryName("jnitorch")))
                .filter(url -> url != null && url.getProtocol().equals("file"))
                .map(url -> Path.of(URI.create(url.toString())).getParent())
                .findFirst();
    }

    /** The name of the natives that a part of the binding loads, which are different ones for the CPU and CUDA. */
    private static String name(Class<?> binding) {
        return binding.getSimpleName() + "-" + torchVersion() + (CudaDiagnosis.isBuilt() ? "-gpu" : "");
    }

    /**
     * Sets the number of threads for CPU operators. OpenBLAS, which has threads of its own, gets one: after a matrix product
     * they spin for tens of milliseconds on the very cores that the convolutions' threads need, and this network's matrix
     * products are small.
     */
    public static void useThreads(int threads) {
        torch.set_num_threads(threads);
        if (openblas_nolapack.blas_get_num_threads() != 1) { // setting it keeps a native object each time
            openblas_nolapack.blas_set_num_threads(1);
        }
    }

    /** The machine as JavaCPP names it, such as {@code linux-x86_64}. */
    public static String platform() {
        return System.getProperty("os.name").toLowerCase(Locale.ROOT).replaceAll("\\s.*", "") + "-"
                + System.getProperty("os.arch").replace("amd64", "x86_64");
    }

    /** The version of the libtorch binding, such as 2.10.0-1.5.13: libtorch's, then JavaCPP's. */
    public static String torchVersion() {
        applySettings(); // this may be the first to load a class of JavaCPP
        try {
            return Loader.getVersion("org.bytedeco", "pytorch");
        } catch (IOException unreadable) {
            return "unknown";
        }
    }

    /**
     * The line of a native failure's message that says what is wrong. It is the first one, since the rest is a C++ stack trace;
     * for a failure in TorchScript it is the last one that names an exception, since the lines before it give the place in the
     * program.
     */
    public static String firstLine(Throwable failure) {
        String message = failure.getMessage();
        if (message == null || message.isBlank()) {
            return failure.getClass().getSimpleName();
        }
        List<String> lines = message.strip().lines().toList();
        if (!lines.get(0).startsWith(IN_SCRIPT)) {
            return lines.get(0);
        }
        return lines.stream()
                .map(RAISED::matcher)
                .filter(Matcher::matches)
                .reduce((before, last) -> last)
                .map(raised -> raised.group(1))
                .orElse(lines.get(lines.size() - 1).strip());
    }

    private static void limitConvolutions() {
        // Natives that lie in place, as a bundle's, need no cache: it may not be there, nor be possible.
        ConvolutionLimit.find(
                inPlace().isPresent()
                        ? NativeCache.ofHome()
                        : NativeCache.find(name(torch.class)).folder());
    }

    private static void prepareEnvironment() {
        ConvolutionLimit.instructions()
                .ifPresent(value -> NativeEnvironment.addIfAbsent(ConvolutionProof.LIMIT, value));
        // OpenBLAS reserves memory for a thread a core where it is loaded, and this program lets it use one.
        NativeEnvironment.addIfAbsent("OPENBLAS_NUM_THREADS", "1");
        if (System.getenv(WAIT_POLICY) == null) {
            settings(ENVIRONMENT)
                    .forEach((name, value) -> NativeEnvironment.addIfAbsent(
                            name.toString(), value.toString().trim()));
        }
    }

    private static void applySettings() {
        NativeCache.useDefault();
        settings(SETTINGS)
                .forEach((name, value) -> System.getProperties()
                        .putIfAbsent(name, value.toString().trim()));
    }

    private static Properties settings(String resource) {
        Properties settings = new Properties();
        try (InputStream stream = NativeRuntime.class.getResourceAsStream(resource)) {
            if (stream == null) {
                throw new IllegalStateException(resource + " is missing from the jar");
            }
            settings.load(stream);
            return settings;
        } catch (IOException unreadable) {
            throw new IllegalStateException("cannot read " + resource, unreadable);
        }
    }
}
