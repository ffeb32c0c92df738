package dynafilter.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dynafilter.io.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a comparison's folder tells.
 *
 * @param folder that holds comparison.json and the runs
 * @param json all of comparison.json; parts may be missing
 */
public record ComparisonFacts(Path folder, JsonNode json) {
    private static final String FILE = "comparison.json";
    private static final String FORMAT = "dynafilter-comparison/1";

    /** A mean over the seeds; NaN where it is not known. */
    public record Mean(double mean, double std, int n) {
        public String of(java.util.function.DoubleFunction<String> text) {
            return text.apply(mean) + (Double.isFinite(std) ? " ± " + text.apply(std) : "");
        }
    }

    /** Whether a comparison has written there. */
    public static boolean isIn(Path folder) {
        return Files.exists(folder.resolve(FILE));
    }

    /** @throws InputException where comparison.json cannot be read or is none */
    public static ComparisonFacts read(Path folder) {
        Path file = folder.resolve(FILE);
        JsonNode json;
        try {
            json = new JsonMapper().readTree(Files.readAllBytes(file));
        } catch (JsonProcessingException wrong) {
            throw new InputException(file + " is not JSON; run `dynafilter compare` again to write it anew", wrong);
        } catch (IOException unreadable) {
            throw new InputException(file + " cannot be read; check its permissions", unreadable);
        }
        if (!FORMAT.equals(json.path("format").textValue())
                || !json.path("variants").isArray()) {
            throw new InputException(file + " is not a comparison.json of format " + FORMAT
                    + "; give the folder that `dynafilter compare` wrote to");
        }
        return new ComparisonFacts(folder, json);
    }

    /** The numbers for programs. */
    public Map<String, Object> numbers() {
        Map<String, Object> numbers = new LinkedHashMap<>();
        numbers.put("format", RunNumbers.FORMAT);
        numbers.put("kind", "comparison");
        numbers.put("comparison", json);
        return numbers;
    }

    public String name() {
        Path name = folder.toAbsolutePath().normalize().getFileName();
        return name == null ? folder.toString() : name.toString();
    }

    /** Which accuracy of the best epoch judges a run, by its name in the JSON. */
    public String judgedBy() {
        return json.path("judged_by").asText("test_accuracy");
    }

    /** Whether that is the accuracy on a test set. */
    public boolean isTested() {
        return judgedBy().equals("test_accuracy");
    }

    /** The set that chooses the best epoch: "test" or "validation". */
    public String selection() {
        return json.path("selection").asText("test");
    }

    public List<JsonNode> variants() {
        return list(json.path("variants"));
    }

    public static List<JsonNode> runs(JsonNode variant) {
        return list(variant.path("runs"));
    }

    public List<JsonNode> differences() {
        return list(json.path("differences"));
    }

    public static String nameOf(JsonNode variant) {
        return variant.path("name").asText(Numbers.NONE);
    }

    public static Mean mean(JsonNode variant, String measure) {
        JsonNode of = variant.path(measure);
        return new Mean(number(of, "mean"), number(of, "std"), of.path("n").asInt());
    }

    /** A number of an object; NaN where it is missing or null. */
    public static double number(JsonNode of, String name) {
        return of.path(name).asDouble(Double.NaN);
    }

    /** The seeds of all runs, in the order of the comparison. */
    public List<Long> seeds() {
        List<Long> seeds = new ArrayList<>();
        json.path("seeds").forEach(seed -> seeds.add(seed.asLong()));
        if (seeds.isEmpty()) {
            variants()
                    .forEach(variant -> runs(variant)
                            .forEach(run -> seeds.add(run.path("seed").asLong())));
        }
        return seeds.stream().distinct().toList();
    }

    public int countRuns() {
        return variants().stream().mapToInt(variant -> runs(variant).size()).sum();
    }

    public static List<JsonNode> list(JsonNode array) {
        List<JsonNode> list = new ArrayList<>();
        array.forEach(list::add);
        return list;
    }
}
