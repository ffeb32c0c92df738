package dynafilter.scripts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dynafilter.Python;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The start of the program beside Python's and, where {@code -Ddynafilter.old=JAR} names one, beside an older build's,
 * alternating in one run on an otherwise idle machine. It needs the jar.
 */
@Tag("speed")
class StartSpeedTest {
    private static final int PATIENCE_SECONDS = 900;

    @Test
    void labelsAPictureBeforePythonDoes() throws IOException, InterruptedException {
        Python python = Python.withTorch();
        assumeTrue(Files.exists(Path.of("target/dynafilter.jar")), "there is no jar: mvn -DskipTests package");
        List<Object> words = new ArrayList<>(List.of(python.executable(), "scripts/start_benchmark.py", "--rounds", 5));
        String old = System.getProperty("dynafilter.old");
        if (old != null) {
            words.addAll(List.of("--old", "java -jar '" + old + "'"));
        }
        Script told = Script.run(PATIENCE_SECONDS, words.toArray());
        assertEquals(0, told.code(), told.err());
        System.out.println(told.out());
        double ratio = told.out()
                .lines()
                .filter(line -> line.matches("predict +python .*"))
                .mapToDouble(line -> Double.parseDouble(line.replaceAll(".*new is +([0-9.]+)x.*", "$1")))
                .findFirst()
                .orElseThrow();
        assertTrue(ratio < 1, "of Python's time: " + ratio);
    }
}
