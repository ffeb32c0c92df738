package dynafilter.runtime;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch_gloo;
import org.jspecify.annotations.Nullable;

/**
 * The libraries that a part of the binding needs, of the build for the CPU on Linux x86-64, loaded by their paths. JavaCPP finds
 * out by itself what to load: it asks for thousands of names that a library might have, and Java looks for each of them in every
 * jar, at the start of the program and again, in part, for each class of the binding. That takes longer than the loading.
 *
 * <p>Of what JavaCPP loads, these leave out a second copy of OpenBLAS with LAPACK's binding, and copies of CUDA's libraries that
 * happen to be installed: nothing in this program calls either, and libtorch is linked to the first copy.
 *
 * @param files in the order of loading: each finds what it is linked to loaded already, or beside itself
 */
record NativeLibraries(List<Path> files) {
    private static final String PLATFORM = "linux-x86_64";
    private static final String ROOT = "org/bytedeco/";

    /** Whether JavaCPP is to load anything. Each class of the binding asks for it before its first use. */
    private static final String JAVACPP_LOADS = "org.bytedeco.javacpp.loadlibraries";

    private static final List<String> OF_TORCH = List.of(
            "javacpp/linux-x86_64/libjnijavacpp.so", // the first: it sets the environment of those that follow
            "openblas/linux-x86_64/libgcc_s.so.1",
            "openblas/linux-x86_64/libquadmath.so.0",
            "openblas/linux-x86_64/libgfortran.so.5",
            "openblas/linux-x86_64/libopenblas_nolapack.so.0",
            "openblas/linux-x86_64/libjniopenblas_nolapack.so",
            "pytorch/linux-x86_64/libgomp.so.1",
            "pytorch/linux-x86_64/libc10.so",
            "pytorch/linux-x86_64/libtorch_cpu.so",
            "pytorch/linux-x86_64/libtorch.so",
            "pytorch/linux-x86_64/libjnitorch.so");

    private static final List<String> OF_GLOO = List.of("pytorch/linux-x86_64/libjnitorch_gloo.so");

    /**
     * Finds the libraries of a part of the binding.
     *
     * @param folder the folder in which natives lie in place; null where they are unpacked
     * @param cache the folder into which they are unpacked; null where they lie in place
     * @return empty where JavaCPP has to find them: they are not all there, or it has begun to load them, or this is another
     *     build or another system
     */
    static Optional<NativeLibraries> find(Class<?> binding, @Nullable Path folder, @Nullable NativeCache cache) {
        List<String> names = names(binding);
        if (names.isEmpty()
                || CudaDiagnosis.isBuilt()
                || !Loader.getPlatform().equals(PLATFORM)
                || !Loader.getLoadedLibraries().isEmpty()) {
            return Optional.empty();
        }
        List<Path> files = names.stream()
                .flatMap(name -> (folder != null ? inPlace(folder, name) : unpacked(cache, ROOT + name)).stream())
                .toList();
        return files.size() == names.size() ? Optional.of(new NativeLibraries(files)) : Optional.empty();
    }

    private static List<String> names(Class<?> binding) {
        return binding == torch.class ? OF_TORCH : binding == torch_gloo.class ? OF_GLOO : List.of();
    }

    /** @param folder that of libtorch: those of the others lie beside it */
    private static Optional<Path> inPlace(Path folder, String name) {
        return Optional.of(folder.resolve("../..").resolve(name).normalize()).filter(Files::exists);
    }

    private static Optional<Path> unpacked(@Nullable NativeCache cache, String resource) {
        return cache == null || !cache.isUnpacked() ? Optional.empty() : cache.whole(resource);
    }

    /** Loads the first library, which is JavaCPP's own, and keeps JavaCPP from loading any. */
    void loadFirst() {
        System.load(files.get(0).toString());
        System.setProperty(JAVACPP_LOADS, "false");
    }

    /** Loads all libraries. */
    void load() {
        files.forEach(file -> System.load(file.toString()));
    }

    /** True: all of libtorch is loaded, or JavaCPP has begun to load it; false: nothing is loaded. */
    static boolean areLoaded() {
        return !Loader.isLoadLibraries() || !Loader.getLoadedLibraries().isEmpty();
    }

    /** Has JavaCPP load a part of the binding, even where the libraries of another part were loaded by their paths. */
    static void loadByJavaCpp(Class<?> binding) {
        String before = System.getProperty(JAVACPP_LOADS);
        System.clearProperty(JAVACPP_LOADS);
        try {
            Loader.load(binding);
        } finally {
            if (before != null) {
                System.setProperty(JAVACPP_LOADS, before);
            }
        }
    }
}
