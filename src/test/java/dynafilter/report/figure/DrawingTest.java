package dynafilter.report.figure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;

/** SVG text, and what becomes of it as pixels. */
class DrawingTest {
    private static BufferedImage png(Svg drawing, double zoom) throws IOException {
        return ImageIO.read(new ByteArrayInputStream(Raster.png(drawing, zoom)));
    }

    private static int rgb(BufferedImage image, int x, int y) {
        return image.getRGB(x, y) & 0xffffff;
    }

    private static int dark(BufferedImage image, int fromX, int toX, int fromY, int toY) {
        int dark = 0;
        for (int y = fromY; y < toY; y++) {
            for (int x = fromX; x < toX; x++) {
                dark += (rgb(image, x, y) & 0xff) < 128 ? 1 : 0;
            }
        }
        return dark;
    }

    @Test
    void textAndAttributesAreEscaped() throws Exception {
        Svg drawing = Svg.drawing(10, 10);
        String odd = "<a> & \"b\" 'c' \u00e4 \u0001]]>";
        drawing.text(1, 2, odd).set("data-label", odd).set("class", "ink").title("why?");
        Element text = (Element) DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(drawing.toString().getBytes(StandardCharsets.UTF_8)))
                .getElementsByTagName("text")
                .item(0);
        String kept = odd.replace("\u0001", "");
        assertEquals("why?" + kept, text.getTextContent());
        assertEquals(kept, text.getAttribute("data-label"));
        assertEquals("title", text.getFirstChild().getNodeName());
    }

    @Test
    void numbersAreShort() {
        assertEquals("3", Svg.number(3.0));
        assertEquals("0.33", Svg.number(1 / 3.0));
        assertEquals("-0.5", Svg.number(-0.5));
        assertEquals("0", Svg.number(-0.0001));
        assertEquals("12345678.9", Svg.number(12345678.9));
    }

    @Test
    void shapesPicturesAndTransformsComeOutWhereTheyShould() throws IOException {
        Svg drawing = Svg.drawing(100, 50);
        Svg group = drawing.group(10, 10);
        group.rect(0, 0, 10, 10).set("fill", "#ff0000");
        group.image(20, 0, 20, 20, new PixelImage(2, 2, new int[] {0xff, 0xff00, 0xff0000, 0}).nearest(10));
        BufferedImage image = png(drawing, 2);
        assertEquals(200, image.getWidth());
        assertEquals(100, image.getHeight());
        assertEquals(0xffffff, rgb(image, 5, 5));
        assertEquals(0xff0000, rgb(image, 30, 30));
        assertEquals(0xff, rgb(image, 62, 22));
        assertEquals(0xff00, rgb(image, 97, 22));
        assertEquals(0xff0000, rgb(image, 62, 57));
        assertEquals(0, rgb(image, 97, 57));
    }

    @Test
    void lettersAreDrawnAndStandWhereTheirAnchorSays() throws IOException {
        Svg drawing = Svg.drawing(200, 40).set("font-family", "sans-serif").set("font-size", 20);
        drawing.text(100, 30, "HHHH").set("text-anchor", "end");
        BufferedImage image = png(drawing, 1);
        assertTrue(dark(image, 30, 100, 10, 31) > 100, "no letters");
        assertEquals(0, dark(image, 101, 200, 0, 40));
        assertNotEquals(0, dark(image, 85, 100, 0, 40));
    }

    @Test
    void aPictureWithFewColoursIsASmallFileAndNoOther() throws IOException {
        Grid ramp = new Grid(1, 4, new float[] {0, 1, 2, 3}).bilinear(64, 64);
        PixelImage picture = PixelImage.of(ramp, Colormap.VIRIDIS, new Scale(0, 3));
        BufferedImage read = ImageIO.read(new ByteArrayInputStream(picture.png()));
        assertEquals(BufferedImage.TYPE_BYTE_INDEXED, read.getType());
        for (int y = 0; y < 64; y++) {
            for (int x = 0; x < 64; x++) {
                assertEquals(picture.rgb()[y * 64 + x], rgb(read, x, y));
            }
        }
    }
}
