package dynafilter.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/** Commands in a precision that the CPU is slow in: they say so in one line, and go on. */
@Tag("processor")
@EnabledIfEnvironmentVariable(named = "ONEDNN_MAX_CPU_ISA", matches = "AVX2")
class SlowPrecisionTest {
    private static final String WARNING =
            "dynafilter: --precision bf16: a convolution runs at 0\\.\\d\\d of fp32's speed on this CPU;"
                    + " --precision fp32 is faster here, and more exact";

    @TempDir
    private Path folder;

    private static void assertWarns(Object... line) {
        CommandResult outcome = CommandResult.of(line);
        assertEquals(0, outcome.code(), outcome.err());
        List<String> said = // a slow machine has lines of progress, too
                outcome.err()
                        .lines()
                        .filter(word -> word.startsWith("dynafilter:"))
                        .toList();
        assertTrue(said.size() == 1 && said.get(0).matches(WARNING), () -> List.of(line) + " says: " + outcome.err());
    }

    private static Object[] compare(Path data, Path out, Object... options) {
        Object[] line = TinyRuns.train(data, out, options);
        line[0] = "compare";
        return line;
    }

    @Test
    void everyCommandThatComputesInItSaysSo() throws IOException {
        Path data = TinyRuns.data(folder.resolve("data"));
        Path run = folder.resolve("run");
        Path best = run.resolve("best.pt");
        assertWarns(TinyRuns.train(data, run, "--epochs", 1, "--precision", "bf16"));
        assertTrue(Files.readString(run.resolve("train.log")).contains(" WARN  --precision bf16: a convolution"));
        assertWarns("eval", "--model", best, "--data", data, "--precision", "bf16");
        assertWarns("maps", "--model", best, "--data", data, "--precision", "bf16", "--index", 0);
        assertWarns("report", run);
        Path photo = folder.resolve("photo.png");
        TinyRuns.writeTestImage(data, 3, photo);
        assertWarns("predict", "--model", best, "--precision", "bf16", photo);
        Path comparison = folder.resolve("comparison");
        assertWarns(compare(data, comparison, "--epochs", 1, "--variants", "static", "--precision", "bf16"));
        CommandResult.ofSuccess("eval", "--model", best, "--data", data);
        CommandResult.ofSuccess(TinyRuns.train(data, folder.resolve("single"), "--epochs", 1));
    }

    @Test
    void doctorTellsIt() throws IOException {
        Path file = folder.resolve("doctor.json");
        CommandResult doctor = CommandResult.ofSuccess("doctor", "--device", "cpu", "--json", file);
        assertTrue(doctor.line("cpu bf16").endsWith(" of fp32's speed: on this CPU --precision fp32 is faster"));
        double speed =
                new ObjectMapper().readTree(file.toFile()).get("cpu_bf16_speed").asDouble();
        assertTrue(speed > 0 && speed < 0.8, () -> "speed " + speed);
    }
}
