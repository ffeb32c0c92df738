package dynafilter.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.Properties;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.presets.openblas_nolapack;
import org.bytedeco.pytorch.global.torch;

/** Loads libtorch once, with the project's settings, and says what was loaded. */
public final class NativeRuntime {
    private static final String SETTINGS = "/native-config/javacpp.properties";
    private static final String ENVIRONMENT = "/native-config/environment.properties";
    private static final String WAIT_POLICY = "OMP_WAIT_POLICY"; // a caller who sets it has chosen

    private NativeRuntime() {}

    /** Loads libtorch for the CPU. */
    public static void load() {
        load(CudaDiagnosis.ofMachine(null), false);
    }

    /**
     * Applies {@code native-config/javacpp.properties} (a property given on the command line wins) and loads libtorch.
     * JavaCPP reads its settings when its first class loads, so this comes before anything else that touches a tensor; and
     * native libraries read {@code native-config/environment.properties} (a variable of the caller's wins) when they load.
     *
     * @param cuda whether to load CUDA's libraries, where {@code machine} has what it takes
     * @throws InputException where this machine cannot load the natives, with the first cause
     */
    public static synchronized void load(CudaDiagnosis machine, boolean cuda) {
        applySettings();
        machine.load(cuda);
        try (NativeCacheLock lock = NativeCacheLock.acquire(name(torch.class) + (cuda ? "-cuda" : ""))) {
            prepareEnvironment();
            Loader.load(torch.class);
            // A library for convolutions that oneDNN does not take; where it lacks the processor, every one of them
            // would
            // say so on stderr.
            torch.globalContext().setUserEnabledNNPACK(false);
            if (cuda) {
                machine.loadBinding();
            }
            lock.done();
        } catch (LinkageError failure) {
            throw new InputException(
                    "cannot load libtorch on " + platform() + ": " + firstLine(failure)
                            + "; rebuild with `mvn package` on this machine (Linux x86-64 needs glibc 2.28 or newer)",
                    failure);
        }
    }

    /** Loads a further part of the binding, after libtorch. */
    public static synchronized void load(Class<?> binding) {
        try (NativeCacheLock lock = NativeCacheLock.acquire(name(binding))) {
            Loader.load(binding);
            lock.done();
        }
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

    private static void prepareEnvironment() {
        if (System.getenv(WAIT_POLICY) == null) {
            settings(ENVIRONMENT)
                    .forEach((name, value) -> NativeEnvironment.addIfAbsent(
                            name.toString(), value.toString().trim()));
        }
    }

    private static void applySettings() {
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
