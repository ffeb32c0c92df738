package dynafilter.report.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dynafilter.report.ComparisonFacts;
import dynafilter.report.RunFacts;
import dynafilter.report.figure.Findings;
import dynafilter.runfolder.Recipes;
import dynafilter.study.ComparisonDocument;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** What holds for every page, read as XML: whatever is not well-formed fails there. */
class PageTest {
    private static final String GENERATOR = "dynafilter 1.2.3";
    private static final Path RUN = Path.of("checkpoints", "made run");

    @TempDir
    private Path folder;

    private static String run(int epochs, int classes, int filters) {
        return new RunPage(SampleRuns.run(RUN, epochs), SampleRuns.findings(classes, filters), "", GENERATOR).html();
    }

    private static String comparison(ObjectNode json) {
        return new ComparisonPage(
                        new ComparisonFacts(RUN, SampleRuns.document(json, ComparisonDocument.class)),
                        RUN.resolve("report.html"),
                        GENERATOR)
                .html();
    }

    static Stream<String> pages() {
        return Stream.of(
                run(4, 2, 2),
                run(1, 10, 1),
                run(30, 100, 100),
                new RunPage(SampleRuns.run(RUN, 0), null, "There is nothing yet.", GENERATOR).html(),
                new RunPage(SampleRuns.run(RUN, 3, "validation"), null, "No test set.", GENERATOR).html(),
                comparison(SampleRuns.comparison("dynamic", SampleRuns.HOSTILE)));
    }

    private static List<Element> all(Document page, String... names) {
        List<Element> found = new ArrayList<>();
        NodeList elements = page.getElementsByTagName("*");
        for (int i = 0; i < elements.getLength(); i++) {
            Element element = (Element) elements.item(i);
            if (names.length == 0 || List.of(names).contains(element.getTagName())) {
                found.add(element);
            }
        }
        return found;
    }

    private static Element byId(Document page, String id) {
        return all(page).stream()
                .filter(element -> element.getAttribute("id").equals(id))
                .findFirst()
                .orElseThrow();
    }

    private static List<String> texts(Element table, String cells) {
        List<String> texts = new ArrayList<>();
        NodeList found = table.getElementsByTagName(cells);
        for (int i = 0; i < found.getLength(); i++) {
            texts.add(found.item(i).getTextContent());
        }
        return texts;
    }

    @ParameterizedTest(name = "page {index}")
    @MethodSource("pages")
    void canBeReadByEverybody(String html) {
        Document page = SampleRuns.parsed(html);
        assertEquals("en", page.getDocumentElement().getAttribute("lang"));
        assertEquals(1, all(page, "main").size());
        int level = 0;
        for (Element heading : all(page, "h1", "h2", "h3", "h4")) {
            int next = heading.getTagName().charAt(1) - '0';
            assertTrue(next <= level + 1, "h" + next + " after h" + level + ": " + heading.getTextContent());
            level = next;
        }
        all(page, "img").forEach(image -> assertFalse(image.getAttribute("alt").isBlank()));
        all(page, "svg").forEach(drawing -> {
            assertEquals("img", drawing.getAttribute("role"));
            assertFalse(drawing.getAttribute("aria-label").isBlank());
        });
        all(page, "th").forEach(cell -> assertTrue(Set.of("row", "col").contains(cell.getAttribute("scope"))));
        all(page, "table")
                .forEach(table -> assertTrue(table.hasAttribute("aria-label")
                        || table.getElementsByTagName("caption").getLength() == 1));
    }

    @ParameterizedTest(name = "page {index}")
    @MethodSource("pages")
    void needsNothingFromElsewhere(String html) {
        Document page = SampleRuns.parsed(html);
        Set<String> ids = new HashSet<>();
        for (Element element : all(page)) {
            String id = element.getAttribute("id");
            assertTrue(id.isEmpty() || ids.add(id), () -> "twice: " + id);
        }
        for (Element element : all(page)) {
            String source = element.getAttribute("src");
            assertTrue(source.isEmpty() || source.startsWith("data:image/png;base64,"), source);
            String target = element.getAttribute("href");
            assertTrue(target.isEmpty() || (target.startsWith("#") && ids.contains(target.substring(1))), target);
            assertFalse(element.getTagName().equals("link"));
        }
        String own = html.replace("http://www.w3.org/2000/svg", "");
        for (String way : List.of("http:", "https:", "//www", "@import", "url(", "fetch(", "XMLHttpRequest")) {
            assertFalse(own.contains(way), way);
        }
    }

    @ParameterizedTest(name = "page {index}")
    @MethodSource("pages")
    void letsOnlyItsOwnScriptRun(String html) throws NoSuchAlgorithmException {
        Document page = SampleRuns.parsed(html);
        String policy = all(page, "meta").stream()
                .filter(meta -> meta.getAttribute("http-equiv").equals("Content-Security-Policy"))
                .map(meta -> meta.getAttribute("content"))
                .findFirst()
                .orElseThrow();
        String script =
                html.substring(html.lastIndexOf("<script>") + "<script>".length(), html.lastIndexOf("</script>"));
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(script.getBytes(StandardCharsets.UTF_8));
        assertTrue(policy.startsWith("default-src 'none'"), policy);
        assertTrue(policy.contains("script-src 'sha256-" + Base64.getEncoder().encodeToString(hash) + "'"), policy);
        all(page).forEach(element -> assertFalse(element.hasAttribute("onclick")));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 10, 100})
    void namesFromFilesAreTextWhateverTheirCharacters(int classes) throws IOException {
        String html = run(2, classes, classes);
        assertFalse(html.contains("<b>\"&'"), "a name became markup");
        Document page = SampleRuns.parsed(html);
        Element similarity = byId(page, "similarity");
        assertTrue(texts(similarity, "th").contains(SampleRuns.HOSTILE), html);
        JsonNode data = new ObjectMapper().readTree(byId(page, "data").getTextContent());
        assertEquals(SampleRuns.HOSTILE, data.at("/classes/1").asText());
        assertEquals(2 * classes - (classes > 2 ? 1 : 0), data.get("images").size());
        assertTrue(html.length() < 6_000_000, classes + " classes make " + html.length() + " characters");
    }

    @Test
    void tellsTheNumbersOfTheEvaluation() {
        Findings findings = SampleRuns.findings(10, 10);
        Document page = SampleRuns.parsed(new RunPage(SampleRuns.run(RUN, 4), findings, "", GENERATOR).html());
        List<String> cells = texts(byId(page, "confusion"), "td");
        for (int row = 0; row < 10; row++) {
            for (int column = 0; column < 10; column++) {
                assertEquals(
                        String.valueOf(findings.evaluation().confusion()[row][column]),
                        cells.get(1 + 10 * row + column)); // behind the empty corner
            }
        }
        String classes = byId(page, "classes").getTextContent();
        assertTrue(classes.contains("label 3") && classes.contains("80.00 %") && classes.contains("16 of 20"), classes);
        String facts = all(page, "header").get(0).getTextContent();
        assertTrue(facts.contains("85.00 %") && facts.contains("0.4321") && facts.contains("170 of 200"), facts);
        assertTrue(facts.contains("The test set also chose that epoch"), facts);
    }

    @Test
    void theEpochsValuesAreInATableAndTheBestEpochsBesideTheChart() {
        Document page = SampleRuns.parsed(run(4, 2, 2));
        Element accuracy = byId(page, "accuracy");
        assertEquals(
                List.of("5.00 %", "10.00 %", "45.00 %", "50.00 %", "5.00 %", "10.00 %", "65.00 %", "70.00 %"),
                texts(accuracy, "td"));
        assertTrue(texts(accuracy, "figcaption").get(0).contains("epoch 4training 65.00 %test 70.00 %"));
        assertTrue(texts(byId(page, "speed"), "td").contains("1,904"));
        assertTrue(texts(accuracy, "text").containsAll(List.of("1", "2", "3", "4", "epoch", "20 %")), "the axes");
    }

    @Test
    void aRunThatStoppedEarlyIsNotSaidToGoOn() {
        RunFacts going = SampleRuns.run(RUN, 3); // whose third epoch is worse than the second
        RunFacts stopped = new RunFacts(
                going.directory(),
                going.config(),
                Recipes.with(going.recipe(), Map.of("early_stop", 1), true),
                going.history());
        assertTrue(new RunPage(going, null, "None.", GENERATOR).html().contains("; 3 epochs so far"));
        assertTrue(new RunPage(stopped, null, "None.", GENERATOR).html().contains("; stopped early after 3 epochs"));
    }

    @Test
    void whatIsMissingIsSaidWhereItWouldBe() {
        Document page = SampleRuns.parsed(
                new RunPage(SampleRuns.run(RUN, 3, "validation"), null, "No test set: do this.", GENERATOR).html());
        for (String section : List.of("classes", "maps", "filters")) {
            assertTrue(byId(page, section).getTextContent().endsWith("No test set: do this."), section);
        }
        assertTrue(byId(page, "accuracy").getTextContent().contains("validation"));
        Document nothing = SampleRuns.parsed(new RunPage(SampleRuns.run(RUN, 0), null, "Nothing.", GENERATOR).html());
        assertTrue(byId(nothing, "curves").getTextContent().contains("No epoch is finished yet."));
    }

    @Test
    void aNetworkWithOneFilterHasOneMapAnImageAndNothingToCompare() {
        Document page = SampleRuns.parsed(run(2, 10, 1));
        assertTrue(byId(page, "filters").getTextContent().contains("a single filter"));
        List<Element> examples = all(page, "figure").stream()
                .filter(figure -> figure.getAttribute("class").equals("example"))
                .toList();
        assertEquals(19, examples.size());
        examples.forEach(
                example -> assertEquals(2, example.getElementsByTagName("img").getLength(), "the image and its map"));
    }

    @Test
    void aPageThatHoldsOnlyTheFirstClassesMapsSaysSo() {
        Findings all = SampleRuns.findings(10, 10);
        Findings some = new Findings(
                all.data(),
                all.sha256(),
                all.evaluated(),
                all.classes(),
                all.evaluation(),
                all.examples().subList(0, 4),
                all.filters(),
                all.similarity(),
                null,
                null,
                null);
        assertTrue(maps(all).contains("Of each class the rightly"));
        assertTrue(maps(some).contains("Of the first 2 of 10 classes the rightly"));
    }

    private static String maps(Findings findings) {
        return byId(SampleRuns.parsed(new RunPage(SampleRuns.run(RUN, 2), findings, "", GENERATOR).html()), "maps")
                .getTextContent();
    }

    @Test
    void aRunCanBeRepeatedByTheCommandsOfItsPage() {
        String commands = byId(SampleRuns.parsed(run(2, 2, 2)), "reproduce").getTextContent();
        assertTrue(commands.contains("dynafilter train --config 'checkpoints/made run/config.json'"), commands);
        assertTrue(commands.contains("dynafilter train --threads 2"), commands);
        assertTrue(
                commands.contains("dynafilter eval --model 'checkpoints/made run/best.pt' --data data/cifar-10"),
                commands);
        assertTrue(commands.contains("\"recipe\" : {"), commands);
    }

    @Test
    void aComparisonIsToldSeedBySeedAndInItsOwnWords() {
        Document page = SampleRuns.parsed(comparison(SampleRuns.comparison("dynamic", "static", "single")));
        String results = byId(page, "results").getTextContent();
        for (String number : List.of("80.50 %", "0.71 %", "80.00 %", "81.00 %", "70.50 %", "61.00 %")) {
            assertTrue(results.contains(number), results);
        }
        Element differences = byId(page, "differences");
        assertEquals(List.of("The first & the second <differ>, says this sentence."), texts(differences, "li"));
        assertEquals(
                List.of("test accuracy", "2", "+10.00", "[+5.00, +15.00]", "–", "0.0123", "–", "yes"),
                texts(differences, "td"));
        Element curves = byId(page, "accuracy");
        assertEquals(1 + 3 + 6, texts(curves, "th").size() - 3, "epoch, means and seeds, and three epochs");
        assertTrue(byId(page, "cost").getTextContent().contains("5 MiB"));
        assertTrue(byId(page, "epochs-to").getTextContent().contains("2, 2–, –"), "reached by both seeds, by none");
        assertTrue(byId(page, "reproduce")
                .getTextContent()
                .contains("dynafilter compare --variants dynamic,static,single"));
    }

    @Test
    void noProbabilityIsRoundedToZero() {
        ObjectNode sure = SampleRuns.comparison("dynamic", "static");
        ((ObjectNode) sure.at("/differences/0")).put("p", 3e-7).put("p_adjusted", 6e-7);
        List<String> cells = texts(byId(SampleRuns.parsed(comparison(sure)), "differences"), "td");
        assertEquals(List.of("< 0.0001", "< 0.0001"), cells.subList(5, 7));
    }

    @Test
    void aComparisonWithHardlyAnythingInItIsAPage() {
        ObjectNode bare = new ObjectMapper()
                .createObjectNode()
                .put("format", "dynafilter-comparison/1")
                .put("complete", false);
        bare.putArray("variants").addObject().put("name", "dynamic");
        Document page = SampleRuns.parsed(comparison(bare));
        assertTrue(all(page, "header").get(0).getTextContent().contains("not complete"));
        ObjectNode half = SampleRuns.comparison("dynamic", "static");
        ((ArrayNode) half.at("/variants/1/runs/1/curve")).remove(2);
        List<String> cells = texts(byId(SampleRuns.parsed(comparison(half)), "accuracy"), "td");
        assertEquals("–", cells.get(2 * 6 + 1), "no mean where a seed is missing");
    }

    @Test
    void aComparisonLinksToThePagesOfItsRunsWhereThereAreAny() throws IOException {
        Path comparison = folder.resolve("a comparison");
        Path there = Files.createDirectories(comparison.resolve("runs/v1-seed0"));
        Files.writeString(there.resolve("report.html"), "");
        ComparisonFacts facts = new ComparisonFacts(
                comparison, SampleRuns.document(SampleRuns.comparison("dynamic", "static"), ComparisonDocument.class));
        Document page = SampleRuns.parsed(new ComparisonPage(facts, folder.resolve("page.html"), GENERATOR).html());
        NodeList links = byId(page, "runs").getElementsByTagName("a");
        assertEquals(1, links.getLength());
        assertEquals("a%20comparison/runs/v1-seed0/report.html", ((Element) links.item(0)).getAttribute("href"));
    }
}
