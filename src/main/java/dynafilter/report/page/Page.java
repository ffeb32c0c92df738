package dynafilter.report.page;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.apache.commons.codec.digest.DigestUtils;

/**
 * A self-contained HTML page: style, pictures, data and script are in it, and its content security policy keeps it from fetching
 * anything.
 *
 * @param title of the window
 * @param header the content before the table of contents
 * @param sections in their order
 * @param data for the script, as JSON
 * @param generator the program and its version
 */
record Page(String title, Html header, List<Section> sections, String data, String generator) {
    /** The beginning of every page. */
    private static final String DOCTYPE = "<!DOCTYPE html>\n";

    /** A section with its heading and an anchor. */
    record Section(String id, String heading, List<Object> content) {
        static Section of(String id, String heading, Object... content) {
            return new Section(id, heading, List.of(content));
        }
    }

    String html() {
        Html script = Html.verbatim("script", resource("report.js"));
        Html contents = Html.of("ul");
        sections.forEach(section ->
                contents.add(Html.of("li", Html.of("a", section.heading).set("href", "#" + section.id))));
        Html main = Html.of("main").set("id", "main");
        for (Section section : sections) {
            main.add(Html.of(
                            "section",
                            Html.of("h2", section.heading).set("id", section.id + "-heading"),
                            section.content)
                    .set("id", section.id)
                    .set("aria-labelledby", section.id + "-heading"));
        }
        Html head = Html.of(
                "head",
                Html.of("meta").set("charset", "utf-8"),
                meta("generator", generator),
                Html.of("meta")
                        .set("http-equiv", "Content-Security-Policy")
                        .set(
                                "content",
                                "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-"
                                        + Base64.getEncoder().encodeToString(DigestUtils.sha256(script.content()))
                                        + "'; base-uri 'none'; form-action 'none'"),
                meta("viewport", "width=device-width, initial-scale=1"),
                meta("color-scheme", "light dark"),
                Html.of("title", title),
                Html.verbatim("style", resource("chart.css") + resource("report.css")));
        Html body = Html.of(
                "body",
                Html.of("a", "Skip to the content").set("href", "#main").as("skip"),
                header,
                Html.of("nav", contents).set("aria-label", "Contents"),
                main,
                Html.of("footer", "Made by " + generator + "."),
                Html.json("data", data),
                script);
        return DOCTYPE + Html.of("html", head, body).set("lang", "en") + "\n";
    }

    private static Html meta(String name, String content) {
        return Html.of("meta").set("name", name).set("content", content);
    }

    /** The text of one of the program's style sheets and scripts. */
    static String resource(String name) {
        try (InputStream in = Page.class.getResourceAsStream("/report/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }
}
