package dynafilter.report.figure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Element;

/** What stands in the figures of response maps. */
class MapsFigureTest {
    private static void assertInside(Svg drawing) {
        ParsedDrawing drawn = ParsedDrawing.of(drawing);
        double width = ParsedDrawing.number(drawn.root(), "width");
        double height = ParsedDrawing.number(drawn.root(), "height");
        for (String shape : List.of("rect", "image", "text")) {
            for (Element element : drawn.all(shape)) {
                double size = ParsedDrawing.number(element, "font-size");
                String text = shape.equals("text") ? element.getLastChild().getTextContent() : "";
                double wide =
                        shape.equals("text") ? FigureStyle.width(text, size) : ParsedDrawing.number(element, "width");
                boolean fromEnd = element.getAttribute("text-anchor").equals("end");
                double left =
                        ParsedDrawing.origin(element, 0) + ParsedDrawing.number(element, "x") - (fromEnd ? wide : 0);
                double top = ParsedDrawing.origin(element, 1) + ParsedDrawing.number(element, "y") - size;
                double high = shape.equals("text") ? size : ParsedDrawing.number(element, "height");
                assertTrue(
                        left >= 0 && top >= 0 && left + wide <= width && top + high <= height,
                        () -> shape + " " + text + " at " + left + ", " + top + " is not on the paper");
            }
        }
    }

    private static List<Element> maps(ParsedDrawing drawn) {
        return drawn.all("g", "map").stream()
                .map(map -> (Element) map.getElementsByTagName("image").item(0))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 10, 12, 20, 100})
    void showsAMapAndAProbabilityOfEveryClass(int classes) {
        ResponseMaps maps = SampleMaps.of(SampleMaps.classes(classes), classes, classes - 1, 0);
        Svg figure = MapsFigure.of(maps);
        ParsedDrawing drawn = ParsedDrawing.of(figure);
        assertEquals(classes, maps(drawn).size());
        double[] probabilities = maps.scores().probabilities();
        for (Element map : drawn.all("g", "map")) {
            int label = (int) ParsedDrawing.number(map, "data-label");
            assertTrue(map.getTextContent().contains(maps.classes().get(label)), map.getTextContent());
            assertTrue(map.getTextContent().contains(FigureStyle.percent(probabilities[label])), map.getTextContent());
        }
        assertInside(figure);
    }

    @Test
    void mapsDoNotOverlapAndAllHaveOneScale() throws IOException {
        ResponseMaps maps = SampleMaps.of(10);
        ParsedDrawing drawn = ParsedDrawing.of(MapsFigure.of(maps));
        List<Element> images = drawn.all("image");
        for (Element one : images) {
            for (Element other : images) {
                double x = ParsedDrawing.origin(one, 0) + ParsedDrawing.number(one, "x");
                double y = ParsedDrawing.origin(one, 1) + ParsedDrawing.number(one, "y");
                double across = ParsedDrawing.origin(other, 0) + ParsedDrawing.number(other, "x") - x;
                double down = ParsedDrawing.origin(other, 1) + ParsedDrawing.number(other, "y") - y;
                assertTrue(
                        one == other
                                || Math.abs(across)
                                        >= Math.min(
                                                ParsedDrawing.number(one, "width"),
                                                ParsedDrawing.number(other, "width"))
                                || Math.abs(down)
                                        >= Math.min(
                                                ParsedDrawing.number(one, "height"),
                                                ParsedDrawing.number(other, "height")),
                        "two pictures at " + x + ", " + y);
            }
        }
        for (int label = 0; label < 10; label++) {
            BufferedImage picture = ParsedDrawing.picture(maps(drawn).get(label));
            double share = maps.scale().share(maps.map(label).at(0, 0)); // a corner is enlarged as it is
            assertEquals(Colormap.VIRIDIS.rgb(share), picture.getRGB(0, 0) & 0xffffff, "label " + label);
        }
    }

    @Test
    void predictedAndTrueLabelAreMarkedByShapeWhereTheyAre() {
        ParsedDrawing drawn = ParsedDrawing.of(MapsFigure.of(SampleMaps.of(10)));
        for (Element map : drawn.all("g", "map")) {
            int label = (int) ParsedDrawing.number(map, "data-label");
            ParsedDrawing cell = new ParsedDrawing(map);
            assertEquals(label == 1 ? 1 : 0, cell.all("path", "predicted").size());
            assertEquals(label == 1 ? 1 : 0, cell.all("rect", "predicted").size());
            assertEquals(label == 0 ? 1 : 0, cell.all("circle", "true").size());
            assertEquals(
                    label == 0,
                    cell.all("rect", "true").stream()
                            .anyMatch(frame ->
                                    !frame.getAttribute("stroke-dasharray").isEmpty()));
        }
        assertTrue(drawn.texts().stream().anyMatch(text -> text.startsWith("predicted: label 1, ")));
        assertTrue(drawn.texts().stream().anyMatch(text -> text.startsWith("true label: label 0, ")));
        assertTrue(drawn.texts().contains("overlay: label 1"));
    }

    @Test
    void withoutATrueLabelNothingIsSaidOfIt() {
        ParsedDrawing drawn = ParsedDrawing.of(MapsFigure.of(SampleMaps.of(SampleMaps.classes(10), 10, 3, null)));
        assertEquals(0, drawn.all("circle", "true").size());
        assertFalse(drawn.texts().toString().contains("true label"));
    }

    @Test
    void aSharedMapStandsBesideTheProbabilitiesOfAllLabels() {
        Svg figure = MapsFigure.of(SampleMaps.of(SampleMaps.classes(10), 1, 4, 2));
        ParsedDrawing drawn = ParsedDrawing.of(figure);
        assertEquals(1, maps(drawn).size());
        assertTrue(
                drawn.texts().containsAll(SampleMaps.classes(10)), drawn.texts().toString());
        assertEquals(10, drawn.all("g", "score").size());
        Element best = drawn.all("g", "score").get(0);
        assertEquals(4, ParsedDrawing.number(best, "data-label"));
        assertEquals(1, new ParsedDrawing(best).all("path", "predicted").size());
        assertInside(figure);
    }

    @Test
    void namesOfAnyKindStayOnThePaper() {
        List<String> classes =
                List.of("<b>&amp;", "a very long name of a label that nobody can read at once", "犬".repeat(40));
        Svg figure = MapsFigure.of(SampleMaps.of(classes, 3, 1, 2));
        assertInside(figure);
        ParsedDrawing drawn = ParsedDrawing.of(figure);
        assertTrue(drawn.texts().contains("<b>&amp;"), drawn.texts().toString());
        assertTrue(drawn.all("title").stream()
                .anyMatch(title -> title.getTextContent().equals(classes.get(1))));
    }

    @Test
    void aNetworkThatRespondsAlikeEverywhereHasAFigureToo() {
        Grid flat = new Grid(1, 1, new float[1]);
        ResponseMaps made = SampleMaps.of(2);
        ResponseMaps maps = new ResponseMaps(
                "flat", made.image(), made.classes(), List.of(flat, flat), made.scores(), made.label());
        assertTrue(ParsedDrawing.of(MapsFigure.of(maps)).texts().contains("0"));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 10, 100})
    void aContactSheetHasARowAnImage(int classes) {
        List<ResponseMaps> images = List.of(
                SampleMaps.of(classes), SampleMaps.of(classes), SampleMaps.of(SampleMaps.classes(classes), 1, 1, null));
        Svg sheet = ContactSheet.of(images.subList(0, 2));
        ParsedDrawing drawn = ParsedDrawing.of(sheet);
        assertEquals(2, drawn.all("g", "image").size());
        for (Element row : drawn.all("g", "image")) {
            assertEquals(
                    2 + Math.min(classes, 10),
                    new ParsedDrawing(row).all("image").size()); // image, overlay, maps
            assertTrue(new ParsedDrawing(row).texts().containsAll(List.of("image", "label 0", "label 1")));
            assertEquals(1, new ParsedDrawing(row).all("rect", "predicted").size());
        }
        assertInside(sheet);
        assertInside(ContactSheet.of(images.subList(2, 3)));
    }

    @Test
    void asPngAFigureIsAsLargeAsItSays() throws IOException {
        Svg figure = MapsFigure.of(SampleMaps.of(10));
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(Raster.png(figure, 2)));
        assertEquals(Math.ceil(2 * figure.number("width")), image.getWidth());
        assertEquals(Math.ceil(2 * figure.number("height")), image.getHeight());
    }
}
