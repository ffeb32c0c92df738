package dynafilter.cli;

import static dynafilter.cli.TinyRuns.train;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReportCommandTest {
    private static final String HOSTILE = "<b>\"&'";

    @TempDir
    private static Path folder;

    private static Path data;
    private static Path run;

    @BeforeAll
    static void trainARun() throws IOException {
        data = TinyRuns.data(folder.resolve("data"));
        Files.writeString(
                data.resolve("batches.meta.txt"),
                "airplane\n" + HOSTILE + "\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n");
        run = folder.resolve("the run");
        CommandResult.ofSuccess(train(data, run, "--epochs", 2));
    }

    private static JsonNode json(Path file) throws IOException {
        return new ObjectMapper().readTree(file.toFile());
    }

    /** A copy of the run, to take something from. */
    private static Path copy(String name) throws IOException {
        Path copy = Files.createDirectories(folder.resolve(name));
        for (String file : List.of("best.pt", "config.json", "history.csv")) {
            Files.copy(run.resolve(file), copy.resolve(file));
        }
        return copy;
    }

    /** The text of a well-formed page, without its markup. */
    private static String text(Path page) throws IOException {
        try {
            return DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new ByteArrayInputStream(Files.readAllBytes(page)))
                    .getElementsByTagName("body")
                    .item(0)
                    .getTextContent();
        } catch (javax.xml.parsers.ParserConfigurationException | org.xml.sax.SAXException broken) {
            throw new AssertionError("not well-formed", broken);
        }
    }

    @Test
    void itsNumbersAreThoseOfEval() throws IOException {
        Path numbers = folder.resolve("report.json");
        Path eval = folder.resolve("eval.json");
        CommandResult outcome = CommandResult.ofSuccess("report", run, "--threads", 1, "--json", numbers);
        CommandResult.ofSuccess(
                "eval", "--model", run.resolve("best.pt"), "--data", data, "--threads", 1, "--json", eval);
        assertTrue(outcome.line("written").contains(run.resolve("report.html").toString()), outcome.out());
        JsonNode report = json(numbers);
        assertEquals("dynafilter-report/1", report.get("format").asText());
        for (String name :
                List.of("accuracy", "loss", "images", "classes", "per_class_accuracy", "confusion", "data")) {
            assertEquals(json(eval).get(name), report.at("/test/" + name), name);
        }
        assertEquals(2, report.get("epochs").asInt());
        assertEquals(2, report.get("curve").size());
        assertEquals(
                report.at("/best/accuracy").asDouble(),
                report.at("/test/accuracy").asDouble(),
                1e-6);
        assertEquals(json(run.resolve("config.json")).get("recipe"), report.get("recipe"));
        String page = text(run.resolve("report.html"));
        assertTrue(page.contains(String.format(
                Locale.ROOT, "%.2f %%", 100 * report.at("/test/accuracy").asDouble())));
        assertTrue(page.contains(HOSTILE), "the name of a class");
        assertFalse(Files.readString(run.resolve("report.html")).contains(HOSTILE));
    }

    @Test
    void itsExamplesAreTheSurestAnswersOfEachKind() throws IOException {
        Path numbers = folder.resolve("examples.json");
        CommandResult.ofSuccess("report", run, "--threads", 1, "--json", numbers);
        JsonNode test = json(numbers).get("test");
        int right = 0;
        for (JsonNode example : test.get("examples")) {
            int label = example.get("label").asInt();
            assertEquals(example.get("index").asInt() % 10, label, "the labels of the data come in turn");
            JsonNode highest = example.get("highest");
            assertTrue(
                    highest.at("/0/score").asDouble() >= highest.at("/1/score").asDouble());
            right += highest.at("/0/label").asInt() == label ? 1 : 0;
        }
        int classesWithRight = 0;
        for (JsonNode accuracy : test.get("per_class_accuracy")) {
            classesWithRight += accuracy.asDouble() > 0 ? 1 : 0;
        }
        assertEquals(classesWithRight, right);
        for (int label = 0; label < 10; label++) {
            assertEquals(1, test.at("/filter_similarity/" + label + "/" + label).asDouble(), 1e-5);
        }
    }

    @Test
    void withoutItsDataItTellsTheRestAndHowToCompleteIt() throws IOException {
        Path copy = copy("no data");
        Path config = copy.resolve("config.json");
        Files.writeString(
                config,
                Files.readString(config)
                        .replace(data.toString(), folder.resolve("gone").toString()));
        CommandResult outcome = CommandResult.of("report", copy, "--json", copy.resolve("report.json"));
        assertEquals(0, outcome.code(), outcome.err());
        String completing = "`dynafilter report '" + copy + "' --data DIR` completes this page";
        assertTrue(outcome.err().contains(completing), outcome.err());
        String page = text(copy.resolve("report.html"));
        assertTrue(page.contains(completing), page);
        assertTrue(page.contains("Training images a second"));
        assertTrue(json(copy.resolve("report.json")).get("test").isNull());
        assertTrue(json(copy.resolve("report.json")).get("missing").asText().contains("does not exist"));
        CommandResult.ofSuccess("report", copy, "--threads", 1, "--data", data);
        assertFalse(text(copy.resolve("report.html")).contains("completes this page"));
    }

    @Test
    void aRunThatHasOnlyBegunHasAPage() throws IOException {
        Path begun = Files.createDirectories(folder.resolve("begun"));
        Files.copy(run.resolve("config.json"), begun.resolve("config.json"));
        CommandResult outcome = CommandResult.of("report", begun);
        assertEquals(0, outcome.code(), outcome.err());
        assertTrue(text(begun.resolve("report.html")).contains("No epoch is finished yet."));
    }

    @Test
    void onlyTheTestImagesOfTheRecipeCount() throws IOException {
        Path few = folder.resolve("few");
        CommandResult.ofSuccess(train(data, few, "--epochs", 1, "--limit-test", 3));
        Path numbers = few.resolve("numbers.json");
        CommandResult.ofSuccess("report", few, "--threads", 1, "--json", numbers);
        assertEquals(3, json(numbers).at("/test/images").asInt());
        assertTrue(json(numbers).at("/test/per_class_accuracy/7").isNull());
    }

    @Test
    void whatIsNoReportIsNotReplaced() throws IOException {
        Path thesis = Files.writeString(folder.resolve("thesis.html"), "<!DOCTYPE html><p>Three years of work.");
        CommandResult.of("report", run, "--out", thesis).assertRefused(thesis, "is no report of this program");
        assertEquals("<!DOCTYPE html><p>Three years of work.", Files.readString(thesis));
        Path copy = copy("own");
        Files.delete(copy.resolve("best.pt"));
        Path own = folder.resolve("own.html");
        for (int time = 0; time < 2; time++) {
            assertEquals(0, CommandResult.of("report", copy, "--out", own).code());
        }
        assertFalse(Files.exists(copy.resolve("report.html")));
    }

    @Test
    void aComparisonNeedsNoNativeCodeAndItsNumbersArePassedOn() throws IOException {
        Path comparison = Files.createDirectories(folder.resolve("comparison"));
        String text = "{\"format\": \"dynafilter-comparison/1\", \"variants\": [{\"name\": \"static\", \"runs\": []}]}";
        Files.writeString(comparison.resolve("comparison.json"), text);
        Path numbers = folder.resolve("comparison-report.json");
        CommandResult.ofSuccess("report", comparison, "--json", numbers);
        assertEquals("comparison", json(numbers).get("kind").asText());
        assertEquals(new ObjectMapper().readTree(text), json(numbers).get("comparison"));
        assertTrue(text(comparison.resolve("report.html")).contains("static"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{\"format\": \"dynafilter-comparison/2\", \"variants\": []}", "[]", "{\"format\": "})
    void aDamagedComparisonIsRefused(String text) throws IOException {
        Path comparison = Files.createDirectories(folder.resolve("damaged"));
        Files.writeString(comparison.resolve("comparison.json"), text);
        CommandResult.of("report", comparison).assertRefused(comparison.resolve("comparison.json"));
        assertFalse(Files.exists(comparison.resolve("report.html")));
    }

    @Test
    void aDamagedRunIsRefused() throws IOException {
        Path copy = copy("damaged run");
        Files.writeString(copy.resolve("history.csv"), "epoch,step\n1,2,x\n");
        CommandResult.of("report", copy).assertRefused(copy.resolve("history.csv"), "line 2");
        Files.writeString(copy.resolve("config.json"), "{}");
        CommandResult.of("report", copy).assertRefused(copy.resolve("config.json"), "is not a config.json");
    }

    @Test
    void whatIsNoFolderOfOursIsRefused() throws IOException {
        CommandResult.of("report").assertRefused("the folder of one run or comparison");
        CommandResult.of("report", run, folder).assertRefused("not [" + run);
        CommandResult.of("report", folder.resolve("none")).assertRefused("does not exist");
        CommandResult.of("report", run.resolve("best.pt")).assertRefused("is a file; give the folder it is in");
        Path empty = Files.createDirectories(folder.resolve("empty"));
        CommandResult.of("report", empty)
                .assertRefused("neither a run (config.json) nor a comparison (comparison.json)");
        CommandResult.of("report", run, "--out", folder).assertRefused("--out " + folder + " is a folder");
        CommandResult.of("report", run, "--threads", 1, "--data", empty).assertRefused(empty);
        try (Stream<Path> files = Files.list(empty)) {
            assertEquals(0, files.count());
        }
    }
}
