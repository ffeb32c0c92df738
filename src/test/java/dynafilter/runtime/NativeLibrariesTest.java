package dynafilter.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch_cuda;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class NativeLibrariesTest {
    private static final String SMALL = "org/bytedeco/pytorch/linux-x86_64/libtorch.so";

    @TempDir
    private Path folder;

    @BeforeEach
    void theCpuBuild() {
        assumeFalse(CudaDiagnosis.isBuilt(), "JavaCPP loads the natives of the CUDA build");
        assumeTrue(Loader.getPlatform().equals("linux-x86_64"), "JavaCPP loads the natives of other systems");
    }

    /** A child process: loads libtorch by its paths or, with an argument, has JavaCPP load it, and lists what is mapped. */
    static final class Loading {
        private Loading() {}

        public static void main(String[] arguments) throws IOException {
            NativeRuntime.torchVersion(); // applies the settings
            if (arguments.length == 0) {
                NativeRuntime.load();
            } else {
                Loader.load(torch.class);
            }
            try (Tensor two = torch.ones(2)) {
                System.out.println("sum " + two.sum().item_double());
            }
            try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
                lines.map(line -> line.replaceAll("^[^/]*", ""))
                        .filter(path -> path.contains("/org/bytedeco/"))
                        .distinct()
                        .forEach(System.out::println);
            }
        }
    }

    private static Set<String> loaded(String... arguments) throws IOException, InterruptedException {
        var words = JavaCommand.words(List.of("-XX:TieredStopAtLevel=1"), Loading.class);
        words.addAll(List.of(arguments));
        Process process = new ProcessBuilder(words)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertEquals(0, process.waitFor(), said);
        assertTrue(said.startsWith("sum 2.0\n"), said);
        return said.lines()
                .skip(1)
                .map(path -> path.replaceAll(".*/", ""))
                .filter(name -> !name.startsWith("libcu")) // CUDA's, where this machine has some
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void theseAreTheLibrariesThatJavaCppLoadsButForASecondOpenBlas() throws IOException, InterruptedException {
        NativeRuntime.load(); // unpacked from here on
        Set<String> byPath = loaded();
        Set<String> byJavaCpp = loaded("javacpp");
        byJavaCpp.removeAll(Set.of("libopenblas.so.0", "libjniopenblas.so"));
        byPath.remove("libopenblas.so.0"); // what the other name is a link to, in place
        assertTrue(byPath.contains("libtorch_cpu.so") && byPath.size() >= 10, byPath.toString());
        assertEquals(byJavaCpp, byPath);
    }

    @Test
    void aFileThatIsMissingOrNotWholeIsLeftToJavaCpp() throws IOException {
        NativeCache cache = NativeCache.of(folder, "torch-1");
        assertEquals(Optional.empty(), cache.whole(SMALL));
        assertEquals(Optional.empty(), NativeLibraries.find(torch.class, null, cache));
        String jar = NativeCache.class.getResource("/" + SMALL).toString();
        assumeTrue(jar.startsWith("jar:"), "the natives of this build are elsewhere");
        Path file =
                folder.resolve(jar.replaceAll("!.*", "").replaceAll(".*/", "")).resolve(SMALL);
        Files.createDirectories(file.getParent());
        Files.write(file, new byte[10]);
        assertEquals(Optional.empty(), cache.whole(SMALL));
        try (InputStream whole = NativeCache.class.getResourceAsStream("/" + SMALL)) {
            Files.write(file, whole.readAllBytes());
        }
        assertEquals(Optional.of(file), cache.whole(SMALL));
        Files.write(cache.marker(), new byte[0]);
        assertEquals(Optional.empty(), NativeLibraries.find(torch.class, null, cache), "the others are missing");
        assertEquals(Optional.empty(), NativeLibraries.find(torch.class, folder, null), "in place, too");
    }

    @Test
    void otherPartsOfTheBindingAreLeftToJavaCpp() {
        assertEquals(Optional.empty(), NativeLibraries.find(torch_cuda.class, null, NativeCache.of(folder, "x")));
    }
}
