package dynafilter.report.figure;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.text.StringEscapeUtils;

/**
 * An SVG element with its attributes and content. Lengths are in pixels. A drawing is the outermost element; its text is a file of
 * its own, and can stand in an HTML page as it is. Colours are set as attributes, which any style sheet overrides.
 */
public final class Svg {
    private static final int DECIMALS = 2;

    private final String name;
    private final Map<String, String> attributes = new LinkedHashMap<>();
    private final List<Object> content = new ArrayList<>(); // elements, and escaped text

    private Svg(String name) {
        this.name = name;
    }

    /** An empty drawing. */
    public static Svg drawing(double width, double height) {
        return new Svg("svg")
                .set("xmlns", "http://www.w3.org/2000/svg")
                .set("width", width)
                .set("height", height)
                .set("viewBox", "0 0 " + number(width) + " " + number(height));
    }

    /** Puts a new element into this one, and returns the new one. */
    public Svg add(String element) {
        return add(new Svg(element));
    }

    /** Puts an element, such as a whole drawing, into this one, and returns the inner one. */
    public Svg add(Svg element) {
        content.add(element);
        return element;
    }

    /** Adds a group whose origin is moved, and returns it. */
    public Svg group(double x, double y) {
        return add("g").set("transform", "translate(" + number(x) + " " + number(y) + ")");
    }

    /** Adds a rectangle, and returns it. */
    public Svg rect(double x, double y, double width, double height) {
        return add("rect").set("x", x).set("y", y).set("width", width).set("height", height);
    }

    /** Adds a straight line, and returns it. */
    public Svg line(double x1, double y1, double x2, double y2) {
        return add("line").set("x1", x1).set("y1", y1).set("x2", x2).set("y2", y2);
    }

    /** Adds a circle round a point, and returns it. */
    public Svg circle(double x, double y, double radius) {
        return add("circle").set("cx", x).set("cy", y).set("r", radius);
    }

    /**
     * Adds a text, and returns its element.
     *
     * @param y the baseline
     */
    public Svg text(double x, double y, String text) {
        return add("text").set("x", x).set("y", y).write(text);
    }

    /** Adds a picture that is stretched to a rectangle, and returns its element. */
    public Svg image(double x, double y, double width, double height, PixelImage picture) {
        return add("image")
                .set("x", x)
                .set("y", y)
                .set("width", width)
                .set("height", height)
                .set("preserveAspectRatio", "none")
                .set("href", picture.dataUri());
    }

    /** Adds straight lines from point to point, and returns their element. */
    public Svg polyline(double[] x, double[] y) {
        StringBuilder points = new StringBuilder();
        for (int i = 0; i < x.length; i++) {
            points.append(i == 0 ? "" : " ").append(number(x[i])).append(',').append(number(y[i]));
        }
        return add("polyline").set("points", points.toString());
    }

    /** Adds the text that a screen reader says of this element and a browser shows as its tooltip, before other content. */
    public Svg title(String text) {
        content.add(0, new Svg("title").write(text));
        return this;
    }

    /** Sets an attribute, and returns this element. */
    public Svg set(String attribute, String value) {
        attributes.put(attribute, value);
        return this;
    }

    /** Sets an attribute that is a number, and returns this element. */
    public Svg set(String attribute, double value) {
        return set(attribute, number(value));
    }

    /** Adds text, escaped, and returns this element. */
    public Svg write(String text) {
        content.add(StringEscapeUtils.escapeXml10(text));
        return this;
    }

    /** The value of an attribute that is a plain number, such as the width of a drawing. */
    public double number(String attribute) {
        return Double.parseDouble(attributes.get(attribute));
    }

    /** A number as SVG reads it, with two decimals at most. */
    public static String number(double value) {
        return BigDecimal.valueOf(value)
                .setScale(DECIMALS, RoundingMode.HALF_EVEN)
                .stripTrailingZeros()
                .toPlainString();
    }

    /** The drawing as text; a file of it is in UTF-8. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        writeTo(text);
        return text.toString();
    }

    private void writeTo(StringBuilder text) {
        text.append('<').append(name);
        attributes.forEach((attribute, value) -> text.append(' ')
                .append(attribute)
                .append("=\"")
                .append(StringEscapeUtils.escapeXml10(value))
                .append('"'));
        if (content.isEmpty()) {
            text.append("/>");
            return;
        }
        text.append('>');
        for (Object part : content) {
            if (part instanceof Svg element) {
                element.writeTo(text);
            } else {
                text.append(part);
            }
        }
        text.append("</").append(name).append('>');
    }
}
