package dynafilter.checkpoint.web;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.codec.digest.DigestUtils;
import org.apache.commons.text.StringEscapeUtils;

/** The parts of a page that shows what a network makes of pictures: templates, styles and scripts among the program's resources. */
public final class PageTemplate {
    private static final Pattern PLACE = Pattern.compile("@(\\w+)@");

    private PageTemplate() {}

    /** A template with its places, {@code @name@}, filled, each once: what is filled in is not looked through. */
    public static String filled(String template, Map<String, String> values) {
        StringBuilder filled = new StringBuilder();
        Matcher place = PLACE.matcher(template);
        int from = 0;
        while (place.find()) {
            filled.append(template, from, place.start()).append(values.get(place.group(1)));
            from = place.end();
        }
        return filled.append(template, from, template.length()).toString();
    }

    /** The style of such pages. */
    public static String style() {
        return resource("report/chart.css") + resource("report/report.css") + resource("web/page.css");
    }

    /** A text as HTML shows it. */
    public static String escaped(String text) {
        return StringEscapeUtils.escapeHtml4(text);
    }

    /** A document of JSON for a script's element in a page. */
    public static String data(String json) {
        return json.replace("<", "\\u003c");
    }

    /** A script in its element. */
    public static String inline(String script) {
        if (script.contains("</script")) {
            throw new IllegalArgumentException("a script that HTML would end early");
        }
        return "<script>" + script + "</script>";
    }

    /** The name of a script in a content security policy. */
    public static String hash(String script) {
        byte[] digest = DigestUtils.sha256(script.getBytes(StandardCharsets.UTF_8));
        return "'sha256-" + Base64.getEncoder().encodeToString(digest) + "'";
    }

    /** One of the program's resources as text. */
    public static String resource(String name) {
        try (InputStream in = PageTemplate.class.getResourceAsStream("/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }
}
