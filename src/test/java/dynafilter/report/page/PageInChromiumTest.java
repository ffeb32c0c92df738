package dynafilter.report.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dynafilter.report.ComparisonFacts;
import dynafilter.report.figure.Colormap;
import dynafilter.report.figure.Example;
import dynafilter.report.figure.Findings;
import dynafilter.report.figure.Grid;
import dynafilter.study.ComparisonDocument;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pages opened from disk and used with mouse and keys. */
class PageInChromiumTest {
    private static final String CANVAS = "document.querySelector('#explorer canvas').toDataURL()";

    /** The lowest contrast of a text with what is behind it, and the text: WCAG's formula. */
    static final String LOWEST_CONTRAST = """
            (() => {
              const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
              const rgba = (colour) => {
                context.clearRect(0, 0, 1, 1);
                context.fillStyle = colour;
                context.fillRect(0, 0, 1, 1);
                return context.getImageData(0, 0, 1, 1).data;
              };
              const luminance = (colour) => [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
                const share = colour[i] / 255;
                return sum + weight * (share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4);
              }, 0);
              const behind = (element) => {
                for (let at = element; at; at = at.parentElement) {
                  const colour = rgba(getComputedStyle(at).backgroundColor);
                  if (colour[3] === 255) return colour;
                }
              };
              document.querySelectorAll('details').forEach((one) => (one.open = true));
              let lowest = [99, ''];
              const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
              while (texts.nextNode()) {
                const element = texts.currentNode.parentElement;
                if (!texts.currentNode.textContent.trim() || !element.checkVisibility() || element.matches('script, .skip')) continue;
                const style = getComputedStyle(element);
                const two = [luminance(rgba(element.closest('svg') ? style.fill : style.color)), luminance(behind(element))].sort();
                const contrast = (Math.max(...two) + 0.05) / (Math.min(...two) + 0.05);
                if (contrast < lowest[0]) lowest = [contrast, element.outerHTML.slice(0, 200)];
              }
              return lowest;
            })()""";

    @TempDir
    private static Path folder;

    private static Chromium browser;
    private static Path ten;
    private static Path hundred;
    private static Path comparison;

    @BeforeAll
    static void makePages() throws IOException, InterruptedException {
        browser = Chromium.start();
        Path run = folder.resolve("run");
        ten = page("ten", new RunPage(SampleRuns.run(run, 6), SampleRuns.findings(10, 10), "", "dynafilter").html());
        hundred = page(
                "hundred", new RunPage(SampleRuns.run(run, 3), SampleRuns.findings(100, 100), "", "dynafilter").html());
        ComparisonFacts facts = new ComparisonFacts(
                folder,
                SampleRuns.document(SampleRuns.comparison("dynamic", "static", "single"), ComparisonDocument.class));
        comparison = page("comparison", new ComparisonPage(facts, folder.resolve("c.html"), "dynafilter").html());
    }

    private static Path page(String name, String html) throws IOException {
        return Files.writeString(folder.resolve(name + ".html"), html);
    }

    @AfterAll
    static void close() {
        if (browser != null) {
            browser.close();
        }
    }

    @AfterEach
    void nothingWentWrong() {
        assertEquals(List.of(), browser.errors());
        assertEquals(
                List.of(),
                browser.requests().stream()
                        .filter(url -> !url.startsWith("data:")
                                && !url.startsWith(folder.toUri().toString()))
                        .toList());
    }

    private static void open(Path page) {
        browser.resize(1280, 900, false);
        browser.prefer("light");
        browser.open(page);
    }

    @Test
    void aChartIsReadByPointingAtIt() {
        open(ten);
        assertEquals("epoch 6training 71.67 %test 76.67 %", browser.text("#accuracy .legend"));
        browser.point("#accuracy .frame", 0.21, 0.5); // nearest to the second of six
        assertEquals("epoch 2training 45.00 %test 50.00 %", browser.text("#accuracy .legend"));
        assertEquals("epoch 2training 1.0000test 1.1000", browser.text("#loss .legend"), "the others follow");
        assertEquals(
                2,
                browser.evaluate("document.querySelectorAll('#accuracy .mark circle').length")
                        .asInt());
        browser.point("h1", 0.5, 0.5);
        assertEquals("epoch 6training 71.67 %test 76.67 %", browser.text("#accuracy .legend"));
        assertEquals(
                0, browser.evaluate("document.querySelectorAll('.mark').length").asInt());
    }

    @Test
    void aChartIsReadByKeys() {
        open(ten);
        browser.evaluate("document.querySelector('#accuracy summary').focus()");
        browser.press("Tab"); // to the next chart
        assertEquals(
                "slider",
                browser.evaluate("document.activeElement.getAttribute('role')").asText());
        browser.press("ArrowLeft");
        browser.press("ArrowLeft");
        assertEquals(
                "epoch 4: training 0.5000, test 0.5500",
                browser.evaluate("document.activeElement.getAttribute('aria-valuetext')")
                        .asText());
        browser.press("Home");
        assertEquals("epoch 1training 2.0000test 2.2000", browser.text("#loss .legend"));
        browser.press("End");
        assertEquals("epoch 6training 0.3333test 0.3667", browser.text("#loss .legend"));
    }

    @Test
    void anImageAndAClassAreChosenByClicks() {
        open(ten);
        String first = browser.evaluate(CANVAS).asText();
        browser.click(".pick:nth-child(4)");
        String second = browser.evaluate(CANVAS).asText();
        assertNotEquals(first, second);
        assertTrue(browser.text("#explorer .note")
                .startsWith("Test image 3, " + SampleRuns.HOSTILE
                        + ", predicted label 2: response map of label 2, score 5.00"));
        browser.click(".score:nth-child(2)");
        assertNotEquals(second, browser.evaluate(CANVAS).asText());
        String row = browser.text(".score:nth-child(2) span");
        assertTrue(browser.text("#explorer .note").contains("response map of " + row.replace(" (true)", "") + ", "));
        assertEquals(
                browser.text("#explorer .note"),
                browser.evaluate("document.querySelector('canvas').getAttribute('aria-label')")
                                .asText() + ".");
    }

    @Test
    void anImageAndAClassAreChosenByKeys() {
        open(ten);
        browser.evaluate("document.querySelector('.pick input').focus()");
        browser.press("ArrowRight");
        browser.press("ArrowRight");
        assertTrue(browser.text("#explorer .note").startsWith("Test image 2, "), browser.text("#explorer .note"));
        String before = browser.evaluate(CANVAS).asText();
        browser.press("Tab");
        browser.press("ArrowLeft"); // the strength of the map
        assertNotEquals(before, browser.evaluate(CANVAS).asText());
        before = browser.text("#explorer .note");
        browser.press("Tab");
        browser.press("ArrowDown");
        assertEquals(
                "1",
                browser.evaluate("[...document.querySelectorAll('.score input')].findIndex(one => one.checked)")
                        .asText());
        assertNotEquals(before, browser.text("#explorer .note"));
    }

    /** Of whose curves there is a point each, and no line. */
    @Test
    void aRunOfOneEpochIsReadByPointingAtIt() throws IOException {
        RunPage run =
                new RunPage(SampleRuns.run(folder.resolve("run"), 1), SampleRuns.findings(2, 2), "", "dynafilter");
        open(page("one", run.html()));
        browser.point("#accuracy .frame", 0.5, 0.5);
        assertEquals(
                2,
                browser.evaluate("document.querySelectorAll('#accuracy .mark circle').length")
                        .asInt());
        assertTrue(browser.text("#explorer .note").startsWith("Test image 0, "));
    }

    @Test
    void theProbabilitiesOfACalibratedNetworkAreThoseBesideItsPictures() throws IOException {
        Findings plain = SampleRuns.findings(10, 10);
        List<Example> calibrated = plain.examples().stream()
                .map(example -> new Example(example.index(), example.maps().at(2)))
                .toList();
        Findings findings = new Findings(
                plain.data(),
                plain.sha256(),
                plain.evaluated(),
                plain.classes(),
                plain.evaluation(),
                calibrated,
                plain.filters(),
                plain.similarity(),
                null,
                null,
                null);
        RunPage page = new RunPage(SampleRuns.run(folder.resolve("run"), 6), findings, "", "dynafilter");
        open(page("calibrated", page.html()));
        String beside = browser.text("#maps .example .tile:nth-child(2) small");
        assertEquals(beside.substring(beside.indexOf(", ") + 2), browser.text("#explorer .score > span:last-child"));
    }

    @Test
    void theColoursOfTheMapAreThoseOfItsNumbers() {
        open(ten);
        browser.evaluate("(() => { const strength = document.querySelector('#explorer input[type=range]');"
                + " strength.value = 100; strength.dispatchEvent(new Event('input')); })()");
        Example example = SampleRuns.findings(10, 10).examples().get(0);
        Grid map = example.maps().map(0);
        int corner = Colormap.VIRIDIS.rgb(example.maps().scale().share(map.at(7, 7)));
        JsonNode pixel = browser.evaluate(
                "[...document.querySelector('#explorer canvas').getContext('2d').getImageData(383, 383, 1, 1).data]");
        for (int channel = 0; channel < 3; channel++) {
            assertEquals(
                    (corner >> (16 - 8 * channel)) & 0xff, pixel.get(channel).asInt(), 4);
        }
    }

    @Test
    void aHundredClassesCanStillBeUsed() {
        open(hundred);
        browser.evaluate("document.querySelector('#explorer select').value = 7");
        browser.evaluate("document.querySelector('#explorer select').dispatchEvent(new Event('change'))");
        assertEquals(
                2,
                browser.evaluate("[...document.querySelectorAll('.pick')].filter(one => one.checkVisibility()).length")
                        .asInt());
        browser.point("#confusion .matrix", 0.085, 0.085);
        assertEquals("label 8 (row), label 8 (column): 16", browser.text("#confusion output"));
        browser.evaluate("document.querySelector('#confusion .matrix').focus()");
        browser.press("ArrowRight");
        assertEquals("label 8 (row), label 9 (column): 4", browser.text("#confusion output"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ten", "hundred", "comparison"})
    void fitsAPhone(String page) {
        open(folder.resolve(page + ".html"));
        browser.resize(390, 844, true);
        browser.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)");
        assertEquals(
                390, browser.evaluate("document.documentElement.scrollWidth").asInt());
        double letters = browser.evaluate(
                        "Math.min(...[...document.querySelectorAll('.plot svg, .dots svg')].map(one => 12 * one.getScreenCTM().a))")
                .asDouble();
        assertTrue(letters > 9, "letters of charts are " + letters + " pixels high");
    }

    @ParameterizedTest
    @CsvSource({"ten,light", "ten,dark", "comparison,light", "comparison,dark"})
    void everyTextStandsOutFromWhatIsBehindIt(String page, String scheme) {
        open(folder.resolve(page + ".html"));
        browser.prefer(scheme);
        JsonNode lowest = browser.evaluate(LOWEST_CONTRAST);
        assertTrue(lowest.get(0).asDouble() >= 4.5, lowest.toString());
        boolean dark = browser.evaluate("getComputedStyle(document.body).backgroundColor")
                .asText()
                .equals("rgb(20, 23, 26)");
        assertEquals(scheme.equals("dark"), dark);
    }

    @Test
    void withoutAScriptAllButTheExplorerIsThere() {
        try {
            browser.openWithoutScripts(ten);
            assertEquals(
                    "none",
                    browser.evaluate("getComputedStyle(document.getElementById('explorer')).display")
                            .asText());
            assertEquals(
                    19,
                    browser.evaluate("document.querySelectorAll('.example').length")
                            .asInt());
            assertEquals("epoch 6training 71.67 %test 76.67 %", browser.text("#accuracy .legend"));
        } finally {
            browser.allowScripts();
        }
    }

    @Test
    void printsDarkOnLightWhateverTheScreen() {
        open(comparison);
        browser.showPrinted("dark");
        assertEquals(
                "rgb(255, 255, 255)",
                browser.evaluate("getComputedStyle(document.body).backgroundColor")
                        .asText());
        assertTrue(new String(browser.print(), 0, 5, StandardCharsets.US_ASCII).startsWith("%PDF-"));
    }
}
