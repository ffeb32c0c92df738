package dynafilter.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchmarkCommandTest {
    @TempDir
    private Path folder;

    @Test
    void measuresEveryCaseAndWritesWhatTheDesignPromises() throws IOException {
        Path file = folder.resolve("benchmark.json");
        Outcome outcome = Outcome.ofSuccess(
                "benchmark",
                "--device",
                "cpu",
                "--threads",
                1,
                "--batch-size",
                "4,8",
                "--precision",
                "fp32,bf16",
                "--filters",
                "static",
                "--repeats",
                3,
                "--json",
                file);
        JsonNode json = new ObjectMapper().readTree(file.toFile());
        assertEquals("cpu", json.at("/device/device").asText());
        assertTrue(json.at("/ceilings/bf16/flops_per_second").asDouble() > 1e9);
        assertTrue(json.at("/ceilings/fp32/bytes_per_second").asDouble() > 1e8);
        assertEquals(2 * 2 * 2, json.get("results").size());
        for (JsonNode row : json.get("results")) {
            double median = row.at("/step_ms/median").asDouble();
            int batch = row.get("batch_size").asInt();
            assertTrue(row.at("/step_ms/p10").asDouble() <= median
                    && median <= row.at("/step_ms/p90").asDouble());
            assertEquals(1e3 * batch / median, row.get("images_per_second").asDouble(), 1e-6 * batch / median * 1e3);
            assertEquals(
                    row.get("flops_per_step").asDouble() / median / 1e9,
                    row.get("tflops").asDouble(),
                    1e-9);
            assertEquals(
                    row.get("roofline_ms").asDouble() / median,
                    row.get("share_of_roofline").asDouble(),
                    1e-9);
            assertEquals(
                    row.get("tflops").asDouble()
                            * 1e12
                            / json.at("/ceilings/" + row.get("precision").asText() + "/flops_per_second")
                                    .asDouble(),
                    row.get("share_of_peak").asDouble(),
                    1e-9);
            assertEquals(false, row.get("cuda_graph").asBoolean());
            assertTrue(row.get("peak_memory_bytes").asLong() > 0);
        }
        assertEquals("train", json.at("/results/0/mode").asText());
        assertEquals("infer", json.at("/results/7/mode").asText());
        assertTrue(outcome.line("infer bf16      8  no").contains("GiB"), outcome.out());
        assertTrue(outcome.out().lines().allMatch(line -> line.length() <= 120), outcome.out());
    }

    @ParameterizedTest
    @CsvSource({
        "--batch-size, '64,0', '--batch-size 0: give sizes'",
        "--batch-size, '64;128', '--batch-size 64;128'",
        "--precision, 'fp32,fp8', '--precision fp8: use'",
        "--precision, tf32, 'only CUDA devices have it'",
        "--mode, sleep, '--mode sleep: use train or infer'",
        "--filters, none, filters",
        "--repeats, 0, '--repeats 0: must be at least 1'",
        "--cuda-graph, maybe, '--cuda-graph maybe: use'",
        "--cuda-graph, on, '--cuda-graph on: cpu has no graphs'",
    })
    void refusesWhatItCannotMeasure(String option, String value, String message) {
        Outcome.of("benchmark", "--device", "cpu", option, value).assertRefused(message);
    }
}
