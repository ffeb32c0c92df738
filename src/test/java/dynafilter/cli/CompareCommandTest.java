package dynafilter.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dynafilter.Pictures;
import dynafilter.io.JsonFile;
import dynafilter.runfolder.EpochResult;
import dynafilter.runfolder.History;
import dynafilter.runtime.CpuTopology;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompareCommandTest {
    private static final List<String> RUNS =
            List.of("dynamic-seed3", "static-frozen-seed3", "dynamic-seed4", "static-frozen-seed4");

    @TempDir
    private static Path folder;

    private static Path data;
    private static Path straight; // two variants, two seeds, two epochs, without a stop
    private static CommandResult outcome;

    /** {@code compare} with everything small; further options, as pairs and then flags, win. */
    private static Object[] compare(Path out, Object... options) {
        Map<Object, Object> line = new LinkedHashMap<>();
        line.put("--data", data);
        line.put("--backbone", "random");
        line.put("--threads", 1);
        line.put("--progress", "none"); // on a busy machine a line of it would appear
        line.put("--batch-size", 16);
        line.put("--lr", "0.01");
        line.put("--epochs", 2);
        line.put("--reach", "0.05,0.99");
        line.put("--out", out);
        line.put("--seed", 3);
        line.put("--seeds", 2);
        line.put("--variants", "dynamic,static:frozen");
        for (int i = 0; i < options.length - 1; i += 2) {
            line.put(options[i], options[i + 1]);
        }
        List<Object> words = new ArrayList<>(List.of("compare"));
        line.forEach((option, value) -> words.addAll(List.of(option, value)));
        words.addAll(List.of(options).subList(options.length / 2 * 2, options.length));
        return words.toArray();
    }

    @BeforeAll
    static void compareStraight() throws IOException {
        data = TinyRuns.data(folder.resolve("data"));
        straight = folder.resolve("straight");
        outcome = CommandResult.ofSuccess(compare(straight, "--json", folder.resolve("out.json")));
    }

    private static JsonNode json(Path out) throws IOException {
        return new JsonMapper().readTree(out.resolve("comparison.json").toFile());
    }

    private static Path run(Path out, String name) {
        return out.resolve("runs").resolve(name);
    }

    @Test
    void saysWhatTheRunsCameTo() throws IOException {
        JsonNode json = json(straight);
        assertEquals("dynafilter-comparison/1", json.get("format").asText());
        assertTrue(json.get("complete").asBoolean());
        assertEquals("test", json.get("selection").asText());
        assertEquals(64, json.at("/data/training_images").asInt());
        assertEquals(1, json.at("/environment/threads").asInt());
        JsonNode frozen = json.at("/variants/1");
        assertEquals("static:frozen", frozen.get("name").asText());
        assertEquals("all", frozen.at("/changes/freeze").asText());
        assertEquals(162_369, frozen.get("parameters").asInt());
        assertEquals(640 + 4225, frozen.get("trained_parameters").asInt());
        List<EpochResult> history =
                History.read(run(straight, "static-frozen-seed4").resolve("history.csv"));
        JsonNode second = frozen.at("/runs/1");
        assertEquals(4, second.get("seed").asInt());
        assertEquals(history.get(1).accuracy(), second.get("final_accuracy").asDouble());
        double best = Math.max(history.get(0).accuracy(), history.get(1).accuracy());
        assertEquals(best, second.get("best_accuracy").asDouble());
        assertEquals(best, second.get("test_accuracy").asDouble());
        assertTrue(second.get("peak_memory_bytes").asLong() > 1_000_000);
        assertEquals(1, second.at("/epochs_to/0.05").asInt(-1));
        assertTrue(second.at("/epochs_to/0.99").isNull());
        assertEquals(
                history.get(0).trainLoss(), second.at("/curve/0/train_loss").asDouble());
        double mean = (second.get("test_accuracy").asDouble()
                        + frozen.at("/runs/0/test_accuracy").asDouble())
                / 2;
        assertEquals(mean, frozen.at("/test_accuracy/mean").asDouble(), 1e-12);
        assertEquals(2, json.get("differences").size());
        assertEquals("static:frozen", json.at("/differences/0/a").asText());
        assertEquals("dynamic", json.at("/differences/0/b").asText());
        assertEquals(json, new JsonMapper().readTree(folder.resolve("out.json").toFile()));
    }

    @Test
    void tellsPeopleToo() {
        assertTrue(outcome.out().contains("run 4/4 static:frozen seed 4  epoch 2/2  train loss"), outcome.out());
        assertTrue(outcome.line("static:frozen ").matches("static:frozen +2 .*162,369 +4,865 .*"), outcome.out());
        assertTrue(outcome.out().contains("static:frozen - dynamic: "), outcome.out());
    }

    @Test
    void theTablesHaveARowARunAndARowAnEpoch() throws IOException {
        List<String> runs = Files.readAllLines(straight.resolve("comparison.csv"));
        assertEquals(1 + RUNS.size(), runs.size());
        assertTrue(runs.get(0).endsWith("peak_memory_bytes,epochs_to_0.05,epochs_to_0.99"), runs.get(0));
        assertTrue(runs.get(2).startsWith("static:frozen,162369,4865,3,2,"), runs.get(2));
        List<String> curves = Files.readAllLines(straight.resolve("curves.csv"));
        assertEquals(1 + 2 * RUNS.size(), curves.size());
        assertTrue(curves.get(4).startsWith("static:frozen,3,2,8,"), curves.get(4));
        assertFalse(curves.get(4).contains(",,"), curves.get(4));
    }

    /** Killed in the second run, it goes on to what it would have been. */
    @Test
    void aKilledComparisonGoesOn() throws Exception {
        Path killed = folder.resolve("killed");
        try (ChildProcess child = ChildProcess.start(folder, compare(killed))) {
            child.awaitFile(run(killed, RUNS.get(1)).resolve("last.pt"));
        }
        assertFalse(json(killed).get("complete").asBoolean());
        CommandResult resumed = CommandResult.ofSuccess("compare", "--resume", killed);
        assertFalse(resumed.out().contains("run 1/4"), resumed.out());
        for (String name : RUNS) {
            TinyRuns.assertSame(
                    run(straight, name).resolve("best.pt"), run(killed, name).resolve("best.pt"));
        }
        assertEquals(json(straight).get("differences"), json(killed).get("differences"));
    }

    /** Killed in the first run, before comparison.json tells of an environment. */
    @Test
    void goesOnWithTheThreadsThatItsFirstRunBeganWith() throws IOException {
        Path begun = folder.resolve("begun");
        CommandResult.ofSuccess(compare(begun, "--seeds", 1, "--variants", "dynamic,single"));
        int threads = CpuTopology.defaultThreads() == 1 ? 2 : 1;
        Path config = run(begun, "dynamic-seed3").resolve("config.json");
        JsonFile.write(config, withThreads(config, threads));
        Files.delete(run(begun, "dynamic-seed3").resolve("result.json"));
        Files.delete(run(begun, "single-seed3").resolve("config.json"));
        Map<String, Object> json = new LinkedHashMap<>(JsonFile.read(begun.resolve("comparison.json")));
        json.remove("environment");
        JsonFile.write(begun.resolve("comparison.json"), json);
        CommandResult.of("compare", "--resume", begun);
        int possible = Math.min(threads, Runtime.getRuntime().availableProcessors());
        assertEquals(possible, json(begun).at("/environment/threads").asInt());
    }

    private static Map<String, Object> withThreads(Path config, int threads) {
        Map<String, Object> json = new LinkedHashMap<>(JsonFile.read(config));
        Map<Object, Object> environment = new LinkedHashMap<>((Map<?, ?>) json.get("environment"));
        environment.put("threads", threads);
        json.put("environment", environment);
        return json;
    }

    /** A run each: without its recipe, with half of it, without its outcome and most of its checkpoint, without its history. */
    @Test
    void whatCannotBeGoneOnWithIsTrainedAgain() throws IOException {
        Path broken = folder.resolve("broken");
        copy(straight, broken);
        Files.delete(run(broken, RUNS.get(0)).resolve("config.json"));
        Files.write(run(broken, RUNS.get(1)).resolve("config.json"), new byte[0]);
        Files.delete(run(broken, RUNS.get(2)).resolve("result.json"));
        Path last = run(broken, RUNS.get(2)).resolve("last.pt");
        Files.write(last, Arrays.copyOf(Files.readAllBytes(last), 1000));
        Files.delete(run(broken, RUNS.get(3)).resolve("history.csv"));
        CommandResult again = CommandResult.of("compare", "--resume", broken);
        assertEquals(0, again.code(), again.err());
        List<String> reasons = List.of(
                "config.json is missing",
                "config.json is damaged",
                last + " is damaged or incomplete",
                "history.csv has 0 of 2");
        List<String> told = again.err().lines().toList();
        assertEquals(RUNS.size(), told.size(), again.err());
        for (int i = 0; i < RUNS.size(); i++) {
            String begin = "dynafilter: " + run(broken, RUNS.get(i)) + " is trained again: ";
            assertTrue(told.get(i).startsWith(begin + reasons.get(i)), again.err());
            TinyRuns.assertSame(
                    run(straight, RUNS.get(i)).resolve("last.pt"),
                    run(broken, RUNS.get(i)).resolve("last.pt"));
        }
        assertTrue(json(broken).get("complete").asBoolean());
        assertEquals(json(straight).get("differences"), json(broken).get("differences"));
    }

    @Test
    void anOutcomeThatIsLostIsToldAgainWithoutTraining() throws IOException {
        Path broken = folder.resolve("untold");
        copy(straight, broken);
        Files.write(run(broken, RUNS.get(1)).resolve("result.json"), new byte[0]);
        FileTime before = Files.getLastModifiedTime(run(broken, RUNS.get(1)).resolve("last.pt"));
        CommandResult.ofSuccess("compare", "--resume", broken);
        assertTrue(json(broken).get("complete").asBoolean());
        assertEquals(before, Files.getLastModifiedTime(run(broken, RUNS.get(1)).resolve("last.pt")));
    }

    @Test
    void growsByFurtherVariantsAndSeeds() throws IOException {
        Path grown = folder.resolve("grown");
        copy(straight, grown);
        FileTime before = Files.getLastModifiedTime(run(grown, RUNS.get(0)).resolve("last.pt"));
        CommandResult.ofSuccess(
                "compare", "--resume", grown, "--seeds", "3,4,5", "--variants", "dynamic,static:frozen,single");
        JsonNode json = json(grown);
        assertEquals(3, json.at("/variants/2/runs").size());
        assertEquals(4, json.get("differences").size());
        assertEquals(3, json.at("/differences/1/pairs").asInt());
        assertEquals(before, Files.getLastModifiedTime(run(grown, RUNS.get(0)).resolve("last.pt")));
    }

    private static void copy(Path from, Path to) throws IOException {
        try (var files = Files.walk(from)) {
            for (Path file : files.sorted(Comparator.naturalOrder()).toList()) {
                Files.copy(file, to.resolve(from.relativize(file)));
            }
        }
    }

    /** Gone on with alone, the run would be of another recipe, which the comparison does not take. */
    @Test
    void aRunThatStopsEarlyIsNotSaidToGoOnAlone() {
        CommandResult stopped = CommandResult.ofSuccess(compare(
                folder.resolve("early"), "--seeds", 1, "--epochs", 9, "--early-stop", 1, "--lr", "0.000000001"));
        assertTrue(stopped.line("stopped early").endsWith("no better accuracy in 1 epochs"), stopped.out());
    }

    @Test
    void aRunThatFailsDoesNotCostTheOthers() throws IOException {
        Path out = folder.resolve("diverging");
        CommandResult failed = CommandResult.of(compare(out, "--variants", "dynamic,dynamic:lr=1e30", "--seeds", 1));
        failed.assertFailed(1, "1 of 2 runs failed (dynamic:lr=1e30 seed 3)", "compare --resume " + out);
        assertEquals(1, json(out).at("/variants/0/runs").size());
        assertEquals(0, json(out).at("/variants/1/runs").size());
        assertTrue(failed.out().contains("1 of 2 runs are finished"), failed.out());
    }

    @Test
    void theValidationSetChoosesAndTheTestSetIsUsedOnce() throws IOException {
        Path out = folder.resolve("validated");
        CommandResult.ofSuccess(
                compare(out, "--variants", "static", "--seeds", 1, "--val-split", "0.25", "--epochs", 1));
        JsonNode run = json(out).at("/variants/0/runs/0");
        Map<String, Object> result = JsonFile.read(run(out, "static-seed3").resolve("result.json"));
        assertEquals("validation", json(out).get("selection").asText());
        assertEquals(result.get("test_accuracy"), run.get("test_accuracy").asDouble());
        assertEquals(result.get("best_accuracy"), run.get("best_accuracy").asDouble());
        Files.delete(run(out, "static-seed3").resolve("result.json")); // killed before it was written
        CommandResult.ofSuccess("compare", "--resume", out);
        assertEquals(
                result.get("test_accuracy"),
                json(out).at("/variants/0/runs/0/test_accuracy").asDouble());
    }

    /** One level of classes, split: there is no test set, and nothing is called one. */
    @Test
    void withoutATestSetTheValidationSetJudgesAndIsNamed() throws IOException {
        Path pictures = folder.resolve("pictures");
        Pictures.classes(pictures, 8, "cat", "dog");
        Path out = folder.resolve("untested");
        CommandResult untested = CommandResult.ofSuccess(
                compare(out, "--data", pictures, "--seeds", 1, "--val-split", "0.5", "--epochs", 1, "--batch-size", 8));
        JsonNode json = json(out);
        assertEquals("best_accuracy", json.get("judged_by").asText());
        assertTrue(json.at("/variants/0/runs/0/test_accuracy").isNull());
        assertTrue(json.at("/variants/0/test_accuracy").isNull());
        assertEquals("best_accuracy", json.at("/differences/0/measure").asText());
        assertFalse(untested.out().contains("test accuracy"), untested.out());
    }

    @Test
    void runsOfAnotherRecipeAreNotMixedIn() {
        CommandResult.of("compare", "--resume", straight, "--lr", "0.02")
                .assertRefused("dynamic-seed3 holds a run with --lr 0.01, not 0.02", "--out", "--overwrite");
    }

    @Test
    void anOlderComparisonIsNotReplacedUnasked() throws IOException {
        CommandResult.of(compare(straight)).assertRefused("holds a comparison", "--resume", "--overwrite");
        Path replaced = folder.resolve("replaced");
        copy(straight, replaced);
        CommandResult.ofSuccess("report", replaced);
        CommandResult.of(compare(replaced)).assertRefused("holds a comparison", "--resume", "--overwrite");
        CommandResult.ofSuccess(compare(replaced, "--variants", "dynamic", "--seeds", 1, "--epochs", 1, "--overwrite"));
        assertFalse(Files.exists(replaced.resolve("report.html")), "it is of the older comparison");
        assertEquals(1, json(replaced).at("/variants/0/runs/0/epochs").asInt());
    }

    @Test
    void whatMakesNoSenseIsRefused() throws IOException {
        Path out = folder.resolve("none");
        CommandResult.of(compare(out, "--variants", "dynamic:frosty")).assertRefused("--variants", "frosty");
        CommandResult.of("compare", "--seeds", "0").assertRefused("--seeds 0", "at least 1");
        CommandResult.of("compare", "--seeds", "1,1").assertRefused("--seeds [1, 1]", "once");
        CommandResult.of("compare", "--seeds", "a,b").assertRefused("--seeds a,b", "whole numbers");
        CommandResult.of("compare", "--reach", "80").assertRefused("--reach 80", "between 0 and 1");
        CommandResult.of("compare", "--resume", out).assertRefused("--resume " + out, "there is no");
        CommandResult.of("compare", "--resume", straight, "--overwrite").assertRefused("--resume", "neither");
        CommandResult.of("compare", "--filters", "static").assertRefused("--filters");
        CommandResult.of(compare(run(straight, RUNS.get(0)), "--overwrite"))
                .assertRefused("holds a run, which is not replaced; name another folder");
        Path damaged = Files.createDirectory(folder.resolve("damaged"));
        Files.writeString(damaged.resolve("comparison.json"), "{\"format\": \"x\"}");
        CommandResult.of("compare", "--resume", damaged).assertRefused("is no comparison.json of format");
        Map<String, Object> json = new LinkedHashMap<>(JsonFile.read(straight.resolve("comparison.json")));
        json.put("seeds", List.of("one"));
        JsonFile.write(damaged.resolve("comparison.json"), json);
        CommandResult.of("compare", "--resume", damaged).assertRefused("comparison.json");
        assertFalse(Files.exists(out));
    }
}
