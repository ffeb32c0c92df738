package dynafilter.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dynafilter.benchmark.Ceiling;
import dynafilter.benchmark.Measurement;
import dynafilter.benchmark.Mode;
import dynafilter.io.JsonFile;
import dynafilter.runtime.Precision;
import dynafilter.runtime.Timing;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchmarkCommandTest {
    @TempDir
    private Path folder;

    private static CommandResult measured(Path json, Object... options) {
        Object[] common = {"benchmark", "--device", "cpu", "--threads", 1, "--json", json};
        return CommandResult.ofSuccess(
                Stream.concat(Arrays.stream(common), Arrays.stream(options)).toArray());
    }

    @Tag("processor")
    @Test
    void measuresEveryCaseAndWritesWhatTheDesignPromises() throws IOException {
        Path file = folder.resolve("benchmark.json");
        CommandResult outcome = measured(
                file, "--batch-size", "4,8", "--precision", "fp32,bf16", "--filters", "static", "--repeats", 3);
        JsonNode json = new ObjectMapper().readTree(file.toFile());
        assertEquals("cpu", json.at("/device/device").asText());
        assertEquals("sgd", json.get("optimizer").asText());
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

    @Tag("processor")
    @Test
    void variantsAreMeasuredInTurnAgainstTheFirst() throws IOException {
        Path file = folder.resolve("variants.json");
        String variants = "dynamic,dynamic:optimizer=muon,basis:basis=3";
        CommandResult outcome = measured(
                file, "--batch-size", 4, "--precision", "fp32", "--variants", variants, "--classes", 7, "--repeats", 4);
        JsonNode rows = new ObjectMapper().readTree(file.toFile()).get("results");
        assertEquals(
                List.of(
                        "dynamic",
                        "dynamic:optimizer=muon",
                        "basis:basis=3",
                        "dynamic",
                        "dynamic:optimizer=muon",
                        "basis:basis=3"),
                rows.findValuesAsText("variant"));
        for (JsonNode row : rows) {
            assertTrue(row.get("of_first").asDouble() > 0, row::toString);
            assertTrue(row.at("/step_ms/median").asDouble() > 0, row::toString);
        }
        assertEquals(1, rows.at("/0/of_first").asDouble());
        assertEquals(1, rows.at("/3/of_first").asDouble());
        assertTrue(outcome.line("train fp32      4 ").endsWith("1.000  dynamic"), outcome.out());
        assertTrue(outcome.out().lines().anyMatch(line -> line.endsWith("  basis:basis=3")), outcome.out());
    }

    @Test
    void aBatchThatDoesNotFitIsARowThatSaysSo() {
        String said =
                "out of memory: CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 139.81"
                        + " GiB of which 12.50 GiB is free";
        Ceiling ceiling = new Ceiling(1e15, 1e12);
        Measurement row = new Measurement(
                null, Mode.TRAIN, Precision.BF16, 4096, false, null, Double.NaN, 1e12, ceiling, 1e-3, 0, said);
        assertEquals("train bf16   4096  out of memory", BenchmarkTable.row(row));
        assertEquals(
                Map.of("mode", "train", "precision", "bf16", "batch_size", 4096, "failure", said),
                JsonFile.values(row.row()));
    }

    @Test
    void slowAndFastStepsKeepTheColumns() {
        assertEquals(
                "train fp32     64  no          500     128.0   (98.77 to 1235)    0.100    10 %     1.000     1 %   1.0 GiB",
                row(new Timing(128, 98.765, 1234.56), 12.8e9, 1e12, 1e-3));
        assertEquals(
                "train fp32     64  no    5,120,000     0.013  (0.010 to 0.100)    102.4    51 %     0.010    80 %   1.0 GiB",
                row(new Timing(0.0125, 0.01, 0.1), 1.28e9, 2e14, 1e-5));
    }

    private static String row(Timing timing, double flops, double peak, double roofline) {
        Ceiling ceiling = new Ceiling(peak, 1e10);
        return BenchmarkTable.row(new Measurement(
                null, Mode.TRAIN, Precision.FP32, 64, false, timing, 1, flops, ceiling, roofline, 1 << 30, null));
    }

    @ParameterizedTest
    @CsvSource({
        "--batch-size, '64,0', '--batch-size 0: give sizes'",
        "--batch-size, '64;128', '--batch-size 64;128'",
        "--precision, 'fp32,fp8', '--precision fp8: use'",
        "--precision, tf32, 'only CUDA devices have it'",
        "--mode, sleep, '--mode sleep: use train or infer'",
        "--filters, none, filters",
        "--variants, 'dynamic,dynamic:lr=1', '--variants: ''dynamic:lr=1'' changes lr'",
        "--variants, 'dynamic,wide', '--filters wide: use one of dynamic'",
        "--optimizer, adam, '--optimizer adam: use one of sgd'",
        "--repeats, 0, '--repeats 0: must be at least 1'",
        "--cuda-graph, maybe, '--cuda-graph maybe: use'",
        "--cuda-graph, on, '--cuda-graph on: cpu has no graphs'",
    })
    void refusesWhatItCannotMeasure(String option, String value, String message) {
        CommandResult.of("benchmark", "--device", "cpu", option, value).assertRefused(message);
    }
}
