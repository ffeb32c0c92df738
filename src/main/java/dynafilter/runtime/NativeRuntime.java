package dynafilter.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.presets.openblas_nolapack;
import org.bytedeco.pytorch.global.torch;

/** Loads libtorch once, with the project's settings, and says what was loaded. */
public final class NativeRuntime {
    private static final String SETTINGS = "/native-config/javacpp.properties";

    private NativeRuntime() {}

    /** Loads libtorch for the CPU. */
    public static void load() {
        load(CudaDiagnosis.ofMachine(null), false);
    }

    /**
     * Applies {@code native-config/javacpp.properties} (a property given on the command line wins) and loads libtorch.
     * JavaCPP reads its settings when its first class loads, so this comes before anything else that touches a tensor.
     *
     * @param cuda whether to load CUDA's libraries, where {@code machine} has what it takes
     * @throws InputException where this machine cannot load the natives, with the first cause
     */
    public static synchronized void load(CudaDiagnosis machine, boolean cuda) {
        applySettings();
        machine.load(cuda);
        requireAddressSpace();
        load(name(torch.class) + (cuda ? "-cuda" : ""), () -> {
            Loader.load(torch.class);
            if (cuda) {
                machine.loadBinding();
            }
        });
    }

    /** Loads a further part of the binding, after libtorch. */
    public static synchronized void load(Class<?> binding) {
        load(name(binding), () -> Loader.load(binding));
    }

    private static void load(String what, Runnable loading) {
        NativeCache cache = inPlace().isPresent() ? null : NativeCache.find(what);
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
            loading.run();
            lock.done();
        } catch (LinkageError failure) {
            throw new LoadFailure(failure, cache, AddressSpace.left()).toUser();
        }
    }

    /** OpenBLAS ends the whole process where it finds none, and says nothing that helps. */
    private static void requireAddressSpace() {
        OptionalLong left = AddressSpace.left();
        if (left.isPresent()
                && left.getAsLong() < AddressSpace.LIBTORCH
                && Loader.getLoadedLibraries().isEmpty()) {
            throw new InputException("cannot load libtorch: only " + AddressSpace.inWords(left.getAsLong())
                    + ", and it takes 0.7 GB or more: " + AddressSpace.REMEDY);
        }
    }

    /** Names the folder to unpack the natives into; before they are loaded. */
    public static void unpackInto(Path folder) {
        NativeCache.use(folder);
    }

    /** Where libtorch is unpacked. */
    static NativeCache cache() {
        applySettings();
        return NativeCache.find(name(torch.class));
    }

    /** The folder on the class path that the natives lie in, as in a portable bundle: then nothing is unpacked. */
    static Optional<Path> inPlace() {
        return Stream.of("", "-gpu")
                .map(extension -> NativeRuntime.class.getResource("/org/bytedeco/pytorch/" + Loader.getPlatform()
                        + extension + "/" + System.mapLibraryName("jnitorch")))
                .filter(url -> url != null && url.getProtocol().equals("file"))
                .map(url -> Path.of(URI.create(url.toString())).getParent())
                .findFirst();
    }

    /** Says which natives a part of the binding loads: those of the CPU and of CUDA are others. */
    private static String name(Class<?> binding) {
        return binding.getSimpleName() + "-" + torchVersion() + (CudaDiagnosis.isBuilt() ? "-gpu" : "");
    }

    /**
     * How many threads CPU operators use from now on. OpenBLAS, whose threads are its own, gets one: between two matrix
     * products they spin for tens of milliseconds, on the very cores the convolutions' threads need, and this network's
     * matrix products are small.
     */
    public static void useThreads(int threads) {
        torch.set_num_threads(threads);
        openblas_nolapack.blas_set_num_threads(1);
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

    /** The first line of a native failure's message: the rest is a C++ stack trace. */
    public static String firstLine(Throwable failure) {
        String message = failure.getMessage();
        return message == null || message.isBlank()
                ? failure.getClass().getSimpleName()
                : message.strip().lines().findFirst().orElseThrow();
    }

    private static void applySettings() {
        NativeCache.useDefault();
        settings()
                .forEach((name, value) -> System.getProperties()
                        .putIfAbsent(name, value.toString().trim()));
    }

    private static Properties settings() {
        Properties settings = new Properties();
        try (InputStream stream = NativeRuntime.class.getResourceAsStream(SETTINGS)) {
            if (stream == null) {
                throw new IllegalStateException(SETTINGS + " is missing from the jar");
            }
            settings.load(stream);
            return settings;
        } catch (IOException unreadable) {
            throw new IllegalStateException("cannot read " + SETTINGS, unreadable);
        }
    }
}
