package dynafilter.benchmark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dynafilter.Python;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeerBenchmarkTest {
    private static final Path SCRIPT = Path.of("scripts/peer_benchmark.py");

    @TempDir
    private Path folder;

    @Tag("processor")
    @Test
    void comparesItsMediansWithTheJars() throws IOException {
        Python python = Python.withTorch();
        Path jar = Files.writeString(folder.resolve("jar.json"), """
                {"results": [
                 {"mode": "train", "precision": "fp32", "batch_size": 4, "step_ms": {"median": 0.5}},
                 {"mode": "train", "precision": "fp32", "batch_size": 8, "failure": "out of memory"},
                 {"mode": "infer", "precision": "fp32", "batch_size": 4, "step_ms": {"median": 0.25}}]}""");
        Path file = folder.resolve("peer.json");
        String out = python.runFile(
                SCRIPT,
                "--device",
                "cpu",
                "--threads",
                1,
                "--repeats",
                3,
                "--variants",
                "eager,channels-last",
                "--jar-json",
                jar,
                "--json",
                file);
        JsonNode json = new ObjectMapper().readTree(file.toFile());
        assertEquals(8, json.get("results").size());
        assertEquals(4, json.get("comparison").size());
        for (JsonNode comparison : json.get("comparison")) {
            String mode = comparison.get("mode").asText();
            int batch = comparison.get("batch_size").asInt();
            double fastest = Double.MAX_VALUE;
            for (JsonNode row : json.get("results")) {
                if (row.get("mode").asText().equals(mode)
                        && row.get("batch_size").asInt() == batch) {
                    String variant = row.get("variant").asText();
                    double median = row.at("/step_ms/median").asDouble();
                    assertTrue(median > 0 && row.at("/step_ms/p10").asDouble() <= median);
                    fastest = Math.min(fastest, median);
                    if (batch == 4) {
                        double ratio = comparison.at("/ratio/" + variant).asDouble();
                        assertEquals(median / (mode.equals("train") ? 0.5 : 0.25), ratio, 1e-9 * ratio);
                    }
                }
            }
            String best = comparison.get("best").asText();
            assertEquals(
                    1e3 * batch / fastest,
                    comparison.at("/python_images_per_second/" + best).asDouble(),
                    1e-6 / fastest);
            assertEquals(batch == 4, comparison.has("ratio"));
        }
        assertTrue(out.lines().anyMatch(line -> line.matches("train fp32 +4 +8,000 .* x.*")), out);
        assertTrue(out.lines().anyMatch(line -> line.matches("infer fp32 +8 +- .*")), out);
    }
}
