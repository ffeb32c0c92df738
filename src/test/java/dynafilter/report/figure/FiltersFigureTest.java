package dynafilter.report.figure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Element;

class FiltersFigureTest {
    private static Filters random(int count, int channels) {
        float[] values = new float[count * channels];
        Random random = new Random(1);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return new Filters(SampleMaps.classes(count), new Grid(count, channels, values));
    }

    @Test
    void similarityIsTheCosineOfTheAngle() {
        Filters filters = new Filters(List.of("a", "b", "c"), new Grid(3, 2, new float[] {1, 0, 1, 1, -2, 0}));
        double half = Math.sqrt(0.5);
        double[] expected = {1, half, -1, half, 1, -half, -1, -half, 1};
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], filters.similarity().values()[i], 1e-6);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 10, 20})
    void fewLabelsHaveTheirCosinesWrittenIntoTheMatrix(int count) {
        Filters filters = random(count, 64);
        ParsedDrawing drawn = ParsedDrawing.of(FiltersFigure.of(filters));
        List<Element> cells = drawn.all("g", "cell");
        assertEquals(count * count, cells.size());
        for (int i = 0; i < cells.size(); i++) {
            String text = new ParsedDrawing(cells.get(i)).texts().get(0);
            assertEquals(filters.similarity().values()[i], Double.parseDouble(text), 0.00501);
        }
        for (String name : filters.names()) { // of rows of both figures and of columns
            assertEquals(3, drawn.texts().stream().filter(name::equals).count());
        }
    }

    /** As of filters that are made of the image. */
    @Test
    void labelsWithTheNumberOfTheirImageAreShownWhole() {
        List<String> names = List.of("automobile, image 1", "ship, image 1", "automobile, image 2", "ship, image 2");
        Filters filters = new Filters(names, random(4, 64).weights());
        List<String> texts = ParsedDrawing.of(FiltersFigure.of(filters)).texts();
        for (String name : names) {
            assertEquals(3, texts.stream().filter(name::equals).count(), name);
        }
    }

    @Test
    void manyLabelsMakeAPicture() throws IOException {
        Filters filters = random(100, 64);
        ParsedDrawing drawn = ParsedDrawing.of(FiltersFigure.of(filters));
        assertEquals(0, drawn.all("g", "cell").size());
        BufferedImage matrix = ParsedDrawing.picture(
                new ParsedDrawing(drawn.all("g", "similarity").get(0))
                        .all("image")
                        .get(0));
        int last = matrix.getWidth() - 1;
        double corner = filters.similarity().at(0, 99);
        assertEquals(Colormap.BLUE_RED.rgb((1 + corner) / 2), matrix.getRGB(last, 0) & 0xffffff);
        assertEquals(Colormap.BLUE_RED.rgb(1), matrix.getRGB(last, last) & 0xffffff);
    }

    @Test
    void aSharedFilterIsLikeNoOther() {
        ParsedDrawing drawn = ParsedDrawing.of(FiltersFigure.of(
                new Filters(List.of("all labels"), random(1, 12).weights())));
        assertTrue(drawn.texts().contains("all labels"));
        assertTrue(drawn.texts().stream().noneMatch(text -> text.contains("similarity")));
    }
}
