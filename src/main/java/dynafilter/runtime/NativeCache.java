package dynafilter.runtime;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import dynafilter.io.InputException;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.javacpp.Loader;

/**
 * The folder into which JavaCPP unpacks the natives from their jars before it loads them.
 *
 * @param marker a file that exists once all natives have been unpacked
 */
record NativeCache(Path folder, Path marker) {
    /** The environment variable that names the folder where {@code --native-cache} does not. */
    static final String VARIABLE = "DYNAFILTER_NATIVE_CACHE";

    static final String ELSEWHERE = "unpack them elsewhere with --native-cache DIR (or " + VARIABLE + "=DIR)";

    private static final String PROPERTY = "org.bytedeco.javacpp.cachedir";
    private static final long CPU_BYTES = 467_000_000;

    /** Sets the folder, before the first class of JavaCPP is loaded. */
    static void use(Path folder) {
        System.setProperty(PROPERTY, folder.toAbsolutePath().toString());
    }

    /** The folder that JavaCPP itself chooses where it knows the home folder. */
    static Path ofHome() {
        return HomeFolder.find().resolve(".javacpp").resolve("cache");
    }

    /** Sets the folder where neither an option of the program nor one of Java has set it. */
    static void useDefault() {
        String variable = System.getenv(VARIABLE);
        if (System.getProperty(PROPERTY) != null) {
            return;
        }
        if (variable != null && !variable.isBlank()) {
            use(Path.of(variable));
        } else if (!Path.of(System.getProperty("user.home")).isAbsolute()) {
            use(ofHome());
        }
    }

    /**
     * Finds the folder, and creates it where it is missing.
     *
     * @param what the name of the natives that are unpacked there; another version has another name
     * @throws InputException where the folder that was set cannot be created: JavaCPP would silently take another one
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
        return new NativeCache(folder, folder.resolve("dynafilter-" + what + ".unpacked"));
    }

    /** True: all natives have been unpacked; false: some may be missing. */
    boolean isUnpacked() {
        return Files.exists(marker);
    }

    /** An unpacked file by its name below its jar's folder; empty where it is missing, or has another size than in the jar. */
    Optional<Path> whole(String name) {
        URL entry = NativeCache.class.getResource("/" + nameInJar(name));
        try {
            if (entry != null && entry.openConnection() instanceof JarURLConnection inJar) {
                Path jar = Path.of(inJar.getJarFileURL().toURI());
                Path file = folder.resolve(jar.getFileName()).resolve(name);
                return Files.exists(file) && Files.size(file) == inJar.getContentLengthLong()
                        ? Optional.of(file)
                        : Optional.empty();
            }
        } catch (IOException | URISyntaxException | IllegalArgumentException unreadable) {
            // As if it were not there: JavaCPP will say what is the matter.
        }
        return Optional.empty();
    }

    /** The space that unpacked natives take, for people. */
    static String size() {
        return CudaDiagnosis.isBuilt() ? "about 1 GB" : "445 MB";
    }

    /** The message for an unfit folder. */
    String refused(String reason) {
        return "the native libraries cannot be unpacked into " + folder + ": " + reason + "; " + ELSEWHERE;
    }

    /** The problem that keeps natives from being unpacked into the folder or loaded from it; empty where none is seen. */
    Optional<String> problem() {
        return refusal(folder).or(this::lackOfSpace);
    }

    /**
     * Deletes incomplete libraries, left by a process that was killed or ran out of space. Before JavaCPP would replace such a
     * file, it may load a library that is linked to it, and the process would crash, now and at every later start.
     */
    void deleteHalves() {
        try {
            for (Path file : files()) {
                if (Files.size(file) != size(inJar(file).orElseThrow())) {
                    Files.delete(file);
                }
            }
        } catch (IOException unreadable) {
            // What that means will be seen when they are loaded.
        }
    }

    /**
     * The files that were unpacked from this program's jars: the cache has a folder for each jar, and in it the files by their
     * names there.
     */
    private List<Path> files() throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(path -> Files.isRegularFile(path, NOFOLLOW_LINKS)
                            && inJar(path).isPresent())
                    .toList();
        } catch (UncheckedIOException unreadable) {
            throw unreadable.getCause();
        }
    }

    /** The entry of a jar that a file was unpacked from; empty for a file that is in none of this program's jars. */
    private Optional<URL> inJar(Path file) {
        Path path = folder.relativize(file);
        if (path.getNameCount() == 1) {
            return Optional.empty();
        }
        String name = nameInJar(path.subpath(1, path.getNameCount()).toString().replace(File.separatorChar, '/'));
        return Optional.ofNullable(NativeCache.class.getResource("/" + name))
                .filter(url -> url.toString().endsWith("/" + path.getName(0) + "!/" + name));
    }

    /** The name of an unpacked file in its jar: JavaCPP makes a second copy of one, under another name. */
    private static String nameInJar(String name) {
        return name.replace("libopenblas_nolapack.", "libopenblas.");
    }

    private static long size(URL file) throws IOException {
        return file.openConnection().getContentLengthLong();
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
        if (isUnpacked() || CudaDiagnosis.isBuilt()) {
            return Optional.empty();
        }
        try {
            long free = Files.getFileStore(folder).getUsableSpace();
            long done = 0;
            for (Path file : files()) {
                done += Files.size(file);
            }
            return free + done >= CPU_BYTES
                    ? Optional.empty()
                    : Optional.of("only " + (free >> 20) + " MB are free there, and they take " + size());
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
