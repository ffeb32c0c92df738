package dynafilter.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class NativeEnvironmentTest {
    @TempDir
    private Path folder;

    @BeforeAll
    static void load() {
        NativeRuntime.load();
    }

    @Test
    void nativeCodeReadsWhatIsAdded() {
        NativeEnvironment.addIfAbsent("DYNAFILTER_ONE", "as it is: é=x");
        NativeEnvironment.addIfAbsent("DYNAFILTER_OTHER", "");
        assertEquals("as it is: é=x", torch.get_env("DYNAFILTER_ONE").get().getString());
        assertTrue(torch.has_env("DYNAFILTER_OTHER"));
        assertTrue(torch.has_env("PATH"), "the others are lost");
        assertFalse(torch.has_env("DYNAFILTER"), "a beginning is no name");
    }

    @Test
    void whatIsThereStays() {
        NativeEnvironment.addIfAbsent("DYNAFILTER_TWICE", "first");
        NativeEnvironment.addIfAbsent("DYNAFILTER_TWICE", "second");
        assertEquals("first", torch.get_env("DYNAFILTER_TWICE").get().getString());
        NativeEnvironment.addIfAbsent("PATH", "nowhere");
        assertEquals(System.getenv("PATH"), torch.get_env("PATH").get().getString());
    }

    /** The OpenMP library reads its variables once, when it is loaded, and can tell what it has read. */
    @Test
    void theOpenMpLibraryTakesThemUnlessTheCallerHasChosen() throws IOException, InterruptedException {
        assertTrue(told(Map.of()).contains("GOMP_SPINCOUNT = '10000'"));
        assertTrue(told(Map.of("GOMP_SPINCOUNT", "7")).contains("GOMP_SPINCOUNT = '7'"));
        assertTrue(told(Map.of("OMP_WAIT_POLICY", "active")).contains("GOMP_SPINCOUNT = '30000000000'"));
    }

    private String told(Map<String, String> environment) throws IOException, InterruptedException {
        Path told = folder.resolve("told.txt");
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Loading.class.getName());
        builder.environment().keySet().removeIf(name -> name.startsWith("OMP_") || name.startsWith("GOMP_"));
        builder.environment().put("OMP_DISPLAY_ENV", "VERBOSE");
        builder.environment().putAll(environment);
        builder.redirectErrorStream(true).redirectOutput(told.toFile());
        assertEquals(0, builder.start().waitFor());
        return Files.readString(told);
    }

    /** What a child process does. */
    static final class Loading {
        private Loading() {}

        public static void main(String[] arguments) {
            NativeRuntime.load();
        }
    }
}
