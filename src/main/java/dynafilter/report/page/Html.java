package dynafilter.report.page;

import dynafilter.report.figure.Svg;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.commons.text.StringEscapeUtils;

/**
 * An HTML element, written so that it is well-formed XML, too. Its content is other elements, drawings and text; everything that is
 * not an element or a drawing counts as text, and is escaped.
 */
final class Html {
    /** The void elements, which have no end tag in HTML. */
    private static final Set<String> VOID = Set.of("br", "img", "input", "meta");

    private final String name;
    private final Map<String, String> attributes = new LinkedHashMap<>();
    private final StringBuilder content = new StringBuilder();

    private Html(String name) {
        this.name = name;
    }

    static Html of(String name, Object... content) {
        return new Html(name).add(content);
    }

    /** A style sheet or a script, unescaped: its text is wrapped so that HTML reads a comment and XML a CDATA section. */
    static Html verbatim(String name, String text) {
        Html element = new Html(name);
        element.content.append("/*<![CDATA[*/\n").append(text).append("/*]]>*/");
        return element;
    }

    /** JSON for scripts, with the characters escaped that mean something to HTML. */
    static Html json(String id, String json) {
        Html element = new Html("script").set("type", "application/json").set("id", id);
        element.content.append(
                json.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"));
        return element;
    }

    Html set(String attribute, Object value) {
        attributes.put(attribute, String.valueOf(value));
        return this;
    }

    /** Gives the element classes of the style sheet. */
    Html as(String classes) {
        return set("class", classes);
    }

    Html add(Object... parts) {
        for (Object part : parts) {
            if (part instanceof Html || part instanceof Svg) {
                content.append(part);
            } else if (part instanceof List<?> list) {
                add(list.toArray());
            } else {
                content.append(StringEscapeUtils.escapeXml10(String.valueOf(part)));
            }
        }
        return this;
    }

    /** The content of the element, as HTML. */
    String content() {
        return content.toString();
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("<").append(name);
        attributes.forEach((attribute, value) -> text.append(' ')
                .append(attribute)
                .append("=\"")
                .append(StringEscapeUtils.escapeXml10(value))
                .append('"'));
        return VOID.contains(name)
                ? text.append("/>").toString()
                : text.append('>')
                        .append(content)
                        .append("</")
                        .append(name)
                        .append('>')
                        .toString();
    }
}
