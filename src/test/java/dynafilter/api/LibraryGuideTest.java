package dynafilter.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The guides' examples are programs: they compile, without a warning. */
class LibraryGuideTest {
    private static final Path GUIDES = Path.of("src", "site", "markdown");
    private static final String INDENT = "    ";

    /** The indented blocks of a guide that begin with an import; empty lines inside them belong to them. */
    private static List<String> programs(String guide) throws IOException {
        List<String> programs = new ArrayList<>();
        StringBuilder block = new StringBuilder();
        for (String line : (Files.readString(GUIDES.resolve(guide)) + "\nend").split("\n", -1)) {
            if (line.startsWith(INDENT) || line.isBlank()) {
                block.append(line.isBlank() ? "" : line.substring(INDENT.length()))
                        .append('\n');
            } else {
                String text = block.toString().strip();
                if (text.startsWith("import ")) {
                    programs.add(text);
                }
                block.setLength(0);
            }
        }
        return programs;
    }

    @Test
    void theExamplesCompile(@TempDir Path folder) throws IOException {
        List<String> programs = programs("library.md");
        assertEquals(2, programs.size());
        programs.addAll(programs("phone-photos.md"));
        assertEquals(3, programs.size());
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        for (String program : programs) {
            String name = program.replaceAll("(?s).*\nclass (\\w+) .*", "$1");
            Path file = Files.writeString(folder.resolve(name + ".java"), program);
            StringWriter problems = new StringWriter();
            boolean compiled = compiler.getTask(
                            problems,
                            null,
                            null,
                            List.of(
                                    "-Xlint:all,-path",
                                    "-proc:none",
                                    "-d",
                                    folder.toString(),
                                    "-cp",
                                    System.getProperty("java.class.path")),
                            null,
                            compiler.getStandardFileManager(null, null, null).getJavaFileObjects(file))
                    .call();
            assertTrue(compiled, problems.toString());
            assertEquals("", problems.toString());
        }
    }
}
