package dynafilter.report.figure;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** A drawing, read back from its text. */
record ParsedDrawing(Element root) {
    private static final Pattern MOVED = Pattern.compile("translate\\((\\S+) (\\S+)\\)");

    static ParsedDrawing of(Svg drawing) {
        byte[] text = drawing.toString().getBytes(StandardCharsets.UTF_8);
        try {
            return new ParsedDrawing(DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new ByteArrayInputStream(text))
                    .getDocumentElement());
        } catch (ParserConfigurationException | SAXException | IOException wrong) {
            throw new AssertionError("not XML: " + drawing, wrong);
        }
    }

    List<Element> all(String name) {
        NodeList found = root.getElementsByTagName(name);
        List<Element> elements = new ArrayList<>();
        for (int i = 0; i < found.getLength(); i++) {
            elements.add((Element) found.item(i));
        }
        return elements;
    }

    List<Element> all(String name, String style) {
        return all(name).stream()
                .filter(element ->
                        List.of(element.getAttribute("class").split(" ")).contains(style))
                .toList();
    }

    /** What stands there to read, tooltips left out. */
    List<String> texts() {
        return all("text").stream()
                .map(text -> text.getLastChild().getTextContent())
                .toList();
    }

    static double number(Element element, String attribute) {
        String value = element.getAttribute(attribute);
        return value.isEmpty() ? 0 : Double.parseDouble(value);
    }

    /** Where an element's own coordinates begin on the paper, x or y; of moved groups only. */
    static double origin(Element element, int axis) {
        double sum = 0;
        for (var node = element.getParentNode(); node instanceof Element group; node = node.getParentNode()) {
            Matcher moved = MOVED.matcher(group.getAttribute("transform"));
            sum += moved.matches() ? Double.parseDouble(moved.group(axis + 1)) : 0;
        }
        return sum;
    }

    static BufferedImage picture(Element image) throws IOException {
        String uri = image.getAttribute("href");
        return ImageIO.read(new ByteArrayInputStream(Base64.getDecoder().decode(uri.substring(uri.indexOf(',') + 1))));
    }
}
