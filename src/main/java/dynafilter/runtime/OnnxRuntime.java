package dynafilter.runtime;

import dynafilter.io.Checksum;
import dynafilter.io.Downloader;
import dynafilter.io.InputException;
import dynafilter.io.ProgressListener;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * ONNX Runtime, which runs ONNX files on the CPU. The program does not bring it: it is on the class path, or its jar was
 * downloaded before, by this program or by Maven.
 */
public final class OnnxRuntime {
    /** The version that is downloaded, and that the program was tried with. */
    public static final String VERSION = "1.23.2";

    private static final String JAR = "onnxruntime-" + VERSION + ".jar";
    private static final String PATH = "com/microsoft/onnxruntime/onnxruntime/" + VERSION + "/" + JAR;
    private static final URI SOURCE = URI.create("https://repo1.maven.org/maven2/" + PATH);
    private static final String SHA256 = "e0ab4a1af57d2da09097202f2dfd691e390c82e81183314788ccde4cf7c3cc38";

    /** The folder that parts of other programs are downloaded to. */
    public static final Path FOLDER = Path.of("checkpoints", "runtimes");

    private static final String LIBRARY = "ai.onnxruntime.OrtEnvironment";
    private static final String SESSION = "dynafilter.runtime.OrtSession";

    private final @Nullable Path jar; // null: the library is on the class path

    private OnnxRuntime(@Nullable Path jar) {
        this.jar = jar;
    }

    /** The library; empty where it is not on this machine. */
    public static Optional<OnnxRuntime> find() {
        Path ofMaven = HomeFolder.find().resolve(".m2").resolve("repository").resolve(PATH);
        return find(OnnxRuntime.class.getClassLoader(), List.of(FOLDER.resolve(JAR), ofMaven));
    }

    /** @param jars the places of the library's jar where the class loader does not have it, the first choice first */
    static Optional<OnnxRuntime> find(ClassLoader loader, List<Path> jars) {
        if (loader.getResource(LIBRARY.replace('.', '/') + ".class") != null) {
            return Optional.of(new OnnxRuntime(null));
        }
        return jars.stream().filter(Files::isRegularFile).findFirst().map(OnnxRuntime::new);
    }

    /**
     * The library, downloaded where it is not on this machine.
     *
     * @throws InputException where it cannot be downloaded; the message says why, and what to do
     */
    public static OnnxRuntime fetch(ProgressListener progress) {
        return find().orElseGet(() -> {
            Path target = FOLDER.resolve(JAR);
            new Downloader().download(SOURCE, target, Checksum.sha256(SHA256), progress);
            return new OnnxRuntime(target);
        });
    }

    /** The advice where the library is not on this machine. */
    public static String advice() {
        return "`dynafilter doctor --fetch onnxruntime` downloads it (75 MB)";
    }

    /** The place of the library, for people: "on the class path", or its jar. */
    public String place() {
        return jar == null ? "on the class path" : jar.toString();
    }

    /**
     * Loads an ONNX file.
     *
     * @param threads the number of threads that compute
     * @return the session, which the caller closes
     * @throws InputException where the file is not an ONNX file that the library can run
     */
    public OnnxSession open(Path file, int threads) {
        try {
            Constructor<?> constructor =
                    Class.forName(SESSION, true, loader()).getDeclaredConstructor(Path.class, int.class);
            constructor.setAccessible(true); // it is of a package of the same name in another loader
            return (OnnxSession) constructor.newInstance(file, threads);
        } catch (InvocationTargetException failure) {
            Throwable cause = Objects.requireNonNull(failure.getCause(), "what the constructor threw");
            if (cause instanceof LinkageError) {
                throw new InputException(
                        "ONNX Runtime from " + place() + " does not run on this machine: "
                                + NativeRuntime.firstLine(cause),
                        cause);
            }
            throw new InputException(
                    file + " is no ONNX file that ONNX Runtime " + VERSION + " can run: "
                            + NativeRuntime.firstLine(cause) + "; export it again",
                    cause);
        } catch (ReflectiveOperationException | MalformedURLException broken) {
            throw new InputException(
                    "ONNX Runtime cannot be loaded from " + place() + " (" + broken + "); delete it: " + advice(),
                    broken);
        }
    }

    private ClassLoader loader() throws MalformedURLException {
        ClassLoader own = OnnxRuntime.class.getClassLoader();
        return jar == null ? own : new LibraryLoader(jar.toUri().toURL(), own);
    }

    /** The loader of the library, and of the one class of this program that names its classes. */
    private static final class LibraryLoader extends URLClassLoader {
        LibraryLoader(URL jar, ClassLoader parent) {
            super(new URL[] {jar}, parent);
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.equals(SESSION)) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded == null ? define(name) : loaded;
            }
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            try (InputStream bytes =
                    Objects.requireNonNull(getParent().getResourceAsStream(name.replace('.', '/') + ".class"), name)) {
                byte[] code = bytes.readAllBytes();
                return defineClass(name, code, 0, code.length);
            } catch (IOException unreadable) {
                throw new ClassNotFoundException(name, unreadable);
            }
        }
    }
}
