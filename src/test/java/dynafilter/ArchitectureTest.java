package dynafilter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The packages and what each may know, as text: from top to bottom, a package uses those below it. */
class ArchitectureTest {
    private static final List<String> LAYERS = List.of(
            "cli", "study", "benchmark", "report", "train", "distributed", "checkpoint", "model", "data", "runtime");
    private static final Pattern PACKAGE = Pattern.compile("\\bdynafilter\\.([a-z]+)\\b");

    private record Source(String layer, String name, String code) {}

    /** Every source file, comments and texts taken out. */
    private static List<Source> sources() throws IOException {
        Path root = Path.of("src", "main", "java", "dynafilter");
        try (Stream<Path> files = Files.walk(root)) {
            List<Source> sources = files.filter(file -> file.toString().endsWith(".java"))
                    .map(file -> new Source(
                            root.relativize(file).getName(0).toString(),
                            root.relativize(file).toString(),
                            code(file)))
                    .toList();
            assertTrue(sources.size() > 50, "not all of the sources: " + sources.size());
            return sources;
        }
    }

    private static String code(Path file) {
        try {
            return Files.readString(file)
                    .replaceAll("(?s)/\\*.*?\\*/", "")
                    .replaceAll("\"(\\\\.|[^\"\\\\\n])*\"", "\"\"")
                    .replaceAll("//.*", "");
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static List<String> users(String pattern) throws IOException {
        Pattern wanted = Pattern.compile(pattern);
        return sources().stream()
                .filter(source -> wanted.matcher(source.code).find())
                .map(Source::layer)
                .distinct()
                .sorted()
                .toList();
    }

    @Test
    void packagesUseOnlyThoseBelowThem() throws IOException {
        for (Source source : sources()) {
            assertTrue(LAYERS.contains(source.layer), () -> source.name + " is in no package of the design");
            Matcher used = PACKAGE.matcher(source.code);
            while (used.find()) {
                String other = used.group(1);
                assertTrue(
                        LAYERS.indexOf(other) >= LAYERS.indexOf(source.layer),
                        () -> source.name + " uses dynafilter." + other + ", which is above it");
            }
        }
    }

    @Test
    void onlyTheCommandLineKnowsCommonsCliAndExits() throws IOException {
        assertEquals(List.of("cli"), users("org\\.apache\\.commons\\.cli"));
        assertEquals(List.of("cli"), users("System\\.exit|Runtime.*\\.halt\\("));
        assertEquals(List.of("cli"), users("System\\.(out|err)\\b"));
    }

    @Test
    void onlyTheRuntimeKnowsJavaCppsLoader() throws IOException {
        assertEquals(List.of("runtime"), users("\\bLoader\\b"));
    }

    @Test
    void nothingIsPrintedAsAStackTrace() throws IOException {
        assertEquals(List.of(), users("printStackTrace"));
    }
}
