package dynafilter.report.page;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dynafilter.NativeScope;
import dynafilter.audit.Audit;
import dynafilter.audit.AuditedImages;
import dynafilter.audit.AuditedImages.Part;
import dynafilter.audit.Duplicates.Group;
import dynafilter.audit.LabelIssue;
import dynafilter.audit.LabelIssues;
import dynafilter.audit.Mistake;
import dynafilter.data.ImagePlace;
import dynafilter.data.ImageSet;
import dynafilter.data.folder.FileFinding;
import dynafilter.runtime.TensorBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The pages of mistakes and audits, with names that HTML could take amiss. */
@ExtendWith(NativeScope.class)
class PhotoPagesInChromiumTest {
    private static final int IMAGES = 1100;

    @TempDir
    private static Path folder;

    private static Chromium browser;

    @BeforeAll
    static void start() throws IOException, InterruptedException {
        browser = Chromium.start();
    }

    @AfterAll
    static void close() {
        if (browser != null) {
            browser.close();
        }
    }

    private static AuditedImages images() {
        return new AuditedImages(List.of(new Part(
                "test",
                new ImageSet(
                        "made",
                        TensorBytes.empty(ScalarType.Byte, IMAGES, 3, 4, 4).fill_(new Scalar(120)),
                        TensorBytes.of(new long[IMAGES]),
                        SampleRuns.classes(3),
                        i -> new ImagePlace("some/where/" + SampleRuns.HOSTILE + i + ".png", ImagePlace.ALONE)))));
    }

    private static String mistakes(AuditedImages images) {
        List<Mistake> mistakes = IntStream.range(0, IMAGES)
                .mapToObj(i -> new Mistake(i, i % 3, (i + 1 + i % 2) % 3, 0.1, 0.8 - i * 1e-4, 2, 2.1))
                .toList();
        return new MistakesPage(mistakes, images, SampleRuns.classes(3), "run/best.pt", "test images", "dynafilter")
                .html();
    }

    private static String audit(AuditedImages images) {
        List<LabelIssue> issues = IntStream.range(0, 310)
                .mapToObj(i -> new LabelIssue(i, i % 3, (i + 1) % 3, 0.1, 0.9))
                .toList();
        Audit audit = new Audit(
                "pets",
                "",
                SampleRuns.classes(3),
                images,
                List.of(new FileFinding("a/" + SampleRuns.HOSTILE, FileFinding.Kind.BROKEN, "is empty")),
                List.of(
                        new Group(List.of(1, 5), true, 1, false),
                        new Group(IntStream.range(10, 40).boxed().toList(), false, 0.95, true)),
                new LabelIssues("a model", IMAGES, 0.8, issues),
                images);
        return new AuditPage(audit, "", "dynafilter").html();
    }

    private static Path page(String name) throws IOException {
        try (AuditedImages images = images()) {
            return Files.writeString(
                    folder.resolve(name + ".html"), name.equals("mistakes") ? mistakes(images) : audit(images));
        }
    }

    private static int visible() {
        return browser.evaluate(
                        "[...document.querySelectorAll('[data-filters] .tile')].filter(one => one.checkVisibility()).length")
                .asInt();
    }

    @Test
    void picturesAreChosenByTheirLabels() throws IOException {
        browser.resize(1280, 900, false);
        browser.open(page("mistakes"));
        assertEquals(MistakesPage.MOST_PICTURES, visible());
        assertTrue(browser.text("#images .note").contains("100 less confident ones are left out"));
        browser.evaluate("document.querySelector('.filters select').focus()");
        browser.press("ArrowDown"); // the first label that occurs
        assertEquals(333, visible());
        assertEquals("333 of 1000 images", browser.text(".filters output"));
        browser.evaluate(
                "(() => { const list = document.querySelectorAll('.filters select')[1]; list.selectedIndex = 1;"
                        + " list.dispatchEvent(new Event('change')); })()");
        assertTrue(visible() < 333);
        assertEquals(List.of(), browser.errors());
        assertFalse(browser.requests().stream().anyMatch(url -> url.startsWith("http")));
    }

    @Test
    void whatIsLeftOutIsTold() throws IOException {
        browser.open(page("audit"));
        assertEquals(300, visible());
        assertTrue(browser.text("#labels").contains("10 less doubtful ones are left out"));
        assertTrue(browser.text("#duplicates").contains("the first 12 of 30"));
        assertTrue(browser.text("#duplicates").contains("The same pixels"));
        assertTrue(browser.text("#files").contains("is empty"));
        assertEquals(List.of(), browser.errors());
    }

    @ParameterizedTest
    @ValueSource(strings = {"mistakes", "audit"})
    void everyTextStandsOutAndFitsAPhone(String name) throws IOException {
        Path page = page(name);
        browser.resize(390, 844, true);
        for (String scheme : List.of("light", "dark")) {
            browser.prefer(scheme);
            browser.open(page);
            JsonNode lowest = browser.evaluate(PageInChromiumTest.LOWEST_CONTRAST);
            assertTrue(lowest.get(0).asDouble() >= 4.5, scheme + " " + lowest);
            assertEquals(
                    390,
                    browser.evaluate("document.documentElement.scrollWidth").asInt());
        }
        browser.prefer("light");
    }
}
