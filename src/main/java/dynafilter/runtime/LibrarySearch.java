package dynafilter.runtime;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A search for the libraries of CUDA in the usual places: the folder that the user names, {@code CUDA_HOME}, the loader's path,
 * the {@code nvidia/*}{@code /lib} folders of a Python environment, the toolkit, the system. Nothing is loaded.
 */
final class LibrarySearch {
    /** The folders with libraries in a toolkit. */
    private static final List<String> OF_TOOLKIT =
            List.of("lib64", "lib", "targets/x86_64-linux/lib", "extras/CUPTI/lib64");

    private static final List<String> OF_SYSTEM = List.of(
            "usr/lib/x86_64-linux-gnu",
            "lib/x86_64-linux-gnu",
            "usr/lib64",
            "lib64",
            "usr/lib",
            "usr/local/lib",
            "usr/local/nvidia/lib64",
            "usr/local/nvidia/lib",
            "usr/lib/wsl/lib");

    private static final int MOST_LINKS = 10;

    private static final Pattern VERSION = Pattern.compile("\\.so\\.(\\d+(?:\\.\\d+)*)$");

    /**
     * A library that was looked for.
     *
     * @param path the library's file; null where the library is missing
     * @param version the version in the file's name or of its Python package; null where the library is missing
     * @param older a file of an older version, found in its stead; null for none
     */
    record Found(
            CudaLibrary library,
            @Nullable Path path,
            @Nullable String version,
            @Nullable Path older) {
        boolean isMissing() {
            return path == null;
        }

        /** The file of a library that is not missing. */
        Path file() {
            return Objects.requireNonNull(path, library.soname());
        }
    }

    private final List<Path> folders;

    /**
     * Lists the folders to search.
     *
     * @param named a folder to search before all others; null for none
     * @param environment the environment variables, such as {@link System#getenv()}
     * @param root the root of the file system, {@code /} but in tests
     */
    LibrarySearch(@Nullable Path named, Map<String, String> environment, Path root) {
        Set<Path> all = new LinkedHashSet<>();
        if (named != null) {
            all.add(named);
            addToolkit(all, named);
            addPython(all, named);
        }
        for (String variable : new String[] {"CUDA_HOME", "CUDA_PATH"}) {
            paths(environment, variable).forEach(home -> addToolkit(all, home));
        }
        all.addAll(paths(environment, "LD_LIBRARY_PATH"));
        for (String variable : new String[] {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
            paths(environment, variable).forEach(prefix -> addEnvironment(all, prefix));
        }
        paths(environment, "CONDA_PREFIX").forEach(prefix -> addToolkit(all, prefix)); // conda's own packages
        for (Path bin : paths(environment, "PATH")) {
            addEnvironmentOf(all, bin.resolve("python3"));
        }
        paths(environment, "HOME").forEach(home -> addEnvironment(all, home.resolve(".local")));
        addEnvironment(all, root.resolve("usr/local")); // where Debian's pip installs for everybody
        addEnvironment(all, root.resolve("usr"));
        children(root.resolve("usr/local"), "cuda*").forEach(toolkit -> addToolkit(all, toolkit));
        addToolkit(all, root.resolve("opt/cuda"));
        children(root.resolve("etc/ld.so.conf.d"), "*.conf").forEach(list -> all.addAll(listed(list)));
        OF_SYSTEM.forEach(folder -> all.add(root.resolve(folder)));
        folders = all.stream().filter(Files::isDirectory).toList();
    }

    private static void addToolkit(Set<Path> all, Path home) {
        OF_TOOLKIT.forEach(folder -> all.add(home.resolve(folder)));
    }

    /**
     * Adds the Python environments of an interpreter. The interpreter of a virtual environment is a link to the one that it was
     * made from, and there may be links to it in turn.
     */
    private static void addEnvironmentOf(Set<Path> all, Path interpreter) {
        Path path = interpreter;
        for (int hop = 0; hop < MOST_LINKS && Files.isExecutable(path); hop++) {
            Path bin = path.getParent();
            if (bin != null && bin.getParent() != null) {
                addEnvironment(all, bin.getParent());
            }
            try {
                path = path.resolveSibling(Files.readSymbolicLink(path)).normalize();
            } catch (IOException | UnsupportedOperationException noLink) {
                return;
            }
        }
    }

    private static void addEnvironment(Set<Path> all, Path prefix) {
        for (Path python : children(prefix.resolve("lib"), "python3*")) {
            addPython(all, python.resolve("site-packages/nvidia"));
            addPython(all, python.resolve("dist-packages/nvidia"));
        }
    }

    private static void addPython(Set<Path> all, Path nvidia) {
        children(nvidia, "*").forEach(part -> all.add(part.resolve("lib")));
        children(nvidia.resolve("nvidia"), "*").forEach(part -> all.add(part.resolve("lib")));
    }

    private static List<Path> paths(Map<String, String> environment, String variable) {
        return Stream.of(environment.getOrDefault(variable, "").split(File.pathSeparator, -1))
                .filter(path -> !path.isBlank())
                .flatMap(path -> {
                    try {
                        return Stream.of(Path.of(path));
                    } catch (InvalidPathException noPath) {
                        return Stream.empty();
                    }
                })
                .toList();
    }

    private static List<Path> children(Path folder, String glob) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, glob)) {
            List<Path> children = new ArrayList<>();
            entries.forEach(children::add);
            children.sort(null);
            return children;
        } catch (IOException unreadable) {
            return List.of();
        }
    }

    /** The folders in one of the system loader's lists. */
    private static List<Path> listed(Path list) {
        try (Stream<String> lines = Files.lines(list)) {
            return lines.map(String::strip)
                    .filter(line -> line.startsWith("/"))
                    .map(Path::of)
                    .toList();
        } catch (IOException | UncheckedIOException | InvalidPathException unreadable) {
            return List.of();
        }
    }

    private static Path realPath(Path path) {
        try {
            return path.toRealPath();
        } catch (IOException broken) {
            return path;
        }
    }

    /** The first file with a name, in the order of the folders; empty where there is none. */
    Optional<Path> file(String name) {
        return folders.stream()
                .map(folder -> folder.resolve(name))
                .filter(Files::isRegularFile)
                .findFirst();
    }

    /** Searches for a library. */
    Found find(CudaLibrary library) {
        return file(library.soname())
                .map(path -> new Found(library, path, version(path, library), null))
                .orElseGet(() -> new Found(library, null, null, older(library).orElse(null)));
    }

    private Optional<Path> older(CudaLibrary library) {
        return folders.stream()
                .flatMap(folder -> children(folder, library.base() + ".*").stream())
                .filter(path -> version(path).map(LibrarySearch::major).orElse(library.major()) < library.major())
                .findFirst();
    }

    private static int major(String version) {
        return Integer.parseInt(version.split("\\.", 2)[0]);
    }

    private static Optional<String> version(Path path) {
        Matcher matcher = VERSION.matcher(path.getFileName().toString());
        return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    /** The version in the name of the file behind the links, or else that of the Python package it came with. */
    private static String version(Path path, CudaLibrary library) {
        String named = version(realPath(path)).orElse("" + library.major());
        return named.contains(".") ? named : packaged(path, library.pip()).orElse(named);
    }

    private static Optional<String> packaged(Path path, String pip) {
        Pattern info = Pattern.compile(Pattern.quote(pip.replace('-', '_')) + "(?:_cu\\d+)?-(.+)\\.dist-info");
        for (Path folder = path.getParent(); folder != null; folder = folder.getParent()) {
            if (folder.endsWith("nvidia") && folder.getParent() != null) {
                return children(folder.getParent(), "nvidia*.dist-info").stream()
                        .map(entry -> info.matcher(entry.getFileName().toString()))
                        .filter(Matcher::matches)
                        .map(matcher -> matcher.group(1))
                        .findFirst();
            }
        }
        return Optional.empty();
    }
}
