package dynafilter.report.page;

import dynafilter.io.JsonFile;
import dynafilter.report.Numbers;
import dynafilter.report.figure.Colormap;
import dynafilter.report.figure.Example;
import dynafilter.report.figure.Findings;
import dynafilter.report.figure.Grid;
import dynafilter.report.figure.PixelImage;
import dynafilter.report.figure.ResponseMaps;
import dynafilter.report.figure.Scale;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/** The section on response maps of chosen images: two of each as pictures, and all of them as data for the page's script. */
final class MapGallery {
    private static final Colormap COLOURS = Colormap.VIRIDIS;
    private static final int STEPS = 255; // of a map's numbers in the data
    private static final int MOST_OPEN = 30; // images; more are folded away

    /** The data for the page's script; bytes are in Base64. */
    private record Data(List<String> classes, String colours, double temperature, List<Image> images) {}

    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    private record Image(
            long index, int label, float[] scores, int height, int width, float low, float high, String maps) {}

    private MapGallery() {}

    static List<Object> of(Findings findings) {
        List<Object> content = new ArrayList<>();
        boolean single = findings.similarity().length == 1;
        content.add(PageElements.paragraph(
                single
                        ? "The network's one filter gives each image one response map, from which all scores are made."
                        : "A label's filter gives each image a response map: where the features it looks for are."
                                + " From that map alone comes the label's score."));
        content.add(PageElements.note(
                whose(findings) + " the rightly and the wrongly labelled test image the network is surest of"
                        + (single ? "." : ", with the maps of its two highest scores."),
                " Beside a label: its score, and its probability."));
        content.add(scale());
        content.add(Html.of("div").as("explorer").set("id", "explorer").set("hidden", "hidden"));
        Html gallery = Html.of("div").as("gallery");
        for (int label = 0; label < findings.classes().size(); label++) {
            pair(gallery, findings, label);
        }
        boolean many = findings.examples().size() > MOST_OPEN;
        content.add(many ? PageElements.details("All " + findings.examples().size() + " images", gallery) : gallery);
        content.add(PageElements.details("Values", table(findings)));
        return content;
    }

    /** Whose images are shown, as the beginning of a sentence: a page holds only so many maps. */
    private static String whose(Findings findings) {
        long shown = findings.examples().stream().map(Example::label).distinct().count();
        long all = Arrays.stream(findings.evaluation().imagesByClass())
                .filter(images -> images > 0)
                .count();
        return shown < all ? Numbers.format("Of the first %,d of %,d classes", shown, all) : "Of each class";
    }

    /** A class's image that is labelled rightly and the one that is not, side by side; a note stands for one that is missing. */
    private static void pair(Html gallery, Findings findings, int label) {
        List<Example> own = findings.examples().stream()
                .filter(example -> example.label() == label)
                .toList();
        for (boolean right : own.isEmpty() ? new boolean[0] : new boolean[] {true, false}) {
            gallery.add(own.stream()
                    .filter(example -> example.isRight() == right)
                    .map(MapGallery::figure)
                    .findFirst()
                    .orElseGet(() -> PageElements.note(
                            "No image of the class " + findings.classes().get(label)
                                    + (right ? " is labelled rightly." : " is labelled wrongly."))));
        }
    }

    private static Html scale() {
        Grid ramp = new Grid(1, 64, ramp(64));
        return Html.of(
                        "p",
                        "weakest ",
                        Html.of("img")
                                .set(
                                        "src",
                                        PixelImage.of(ramp, COLOURS, new Scale(0, 1))
                                                .dataUri())
                                .set("alt", "from dark violet over green to yellow"),
                        " strongest; each image has a scale of its own")
                .as("scale");
    }

    private static float[] ramp(int steps) {
        float[] ramp = new float[steps];
        for (int i = 0; i < steps; i++) {
            ramp[i] = (float) i / (steps - 1);
        }
        return ramp;
    }

    private static Html figure(Example example) {
        ResponseMaps maps = example.maps();
        String name = maps.classes().get(example.label());
        Html tiles = Html.of("div", photo(example, name)).as("tiles");
        if (maps.isShared()) {
            tiles.add(map(maps.map(0), maps.scale(), "the one filter", example, example.highest()));
        } else {
            example.highest()
                    .forEach(label -> tiles.add(
                            map(maps.map(label), maps.scale(), maps.classes().get(label), example, List.of(label))));
        }
        Html verdict = example.isRight()
                ? Html.of("span", "right").as("right")
                : Html.of("span", "wrong, taken for " + maps.classes().get(maps.predicted()))
                        .as("wrong");
        return Html.of(
                        "figure",
                        Html.of("figcaption", Html.of("b", name), " ", verdict).as("caption"),
                        tiles)
                .as("example");
    }

    private static Html photo(Example example, String name) {
        Html image = Html.of("img")
                .as("photo")
                .set("id", "image-" + example.index())
                .set("src", example.maps().image().dataUri())
                .set("alt", "Test image " + example.index() + ", " + name);
        return Html.of("div", image, name, Html.of("small", "test image " + example.index()))
                .as("tile");
    }

    /** @param labels the labels whose scores come from the map */
    private static Html map(Grid map, Scale scale, String of, Example example, List<Integer> labels) {
        Html tile = Html.of(
                        "div",
                        Html.of("img")
                                .set("src", PixelImage.of(map, COLOURS, scale).dataUri())
                                .set("alt", description(map, of)))
                .as("tile");
        labels.forEach(label -> tile.add(example.maps().classes().get(label), Html.of("small", score(example, label))));
        return tile;
    }

    private static String score(Example example, int label) {
        return Numbers.signed("%.2f", example.score(label)) + ", "
                + Numbers.format("%.1f %%", 100 * example.probability(label));
    }

    private static String description(Grid map, String of) {
        int strongest = 0;
        for (int i = 1; i < map.values().length; i++) {
            strongest = map.values()[i] > map.values()[strongest] ? i : strongest;
        }
        Scale scale = Scale.of(List.of(map));
        return Numbers.format(
                "Response map of %s, %d by %d, from %.2f to %.2f, strongest in row %d, column %d",
                of,
                map.height(),
                map.width(),
                scale.low(),
                scale.high(),
                strongest / map.width() + 1,
                strongest % map.width() + 1);
    }

    private static Html table(Findings findings) {
        List<String> classes = findings.classes();
        List<Html> rows = findings.examples().stream()
                .map(example -> {
                    Html row = PageElements.row(String.valueOf(example.index()), List.of())
                            .add(Html.of("td", classes.get(example.label())));
                    for (int label : example.highest()) {
                        row.add(
                                Html.of("td", classes.get(label)),
                                Html.of("td", score(example, label)).as("n"));
                    }
                    return row;
                })
                .toList();
        return PageElements.table(
                "The images above with their two highest scores",
                List.of("test image", "class", "highest score", "#score, probability", "second", "#score, probability"),
                rows);
    }

    /** The JSON for the page's script: all response maps of the images, each number as one of 256 steps of its image's scale. */
    static String data(Findings findings) {
        return JsonFile.line(new Data(
                findings.classes(),
                Base64.getEncoder().encodeToString(COLOURS.table()),
                findings.examples().stream()
                        .mapToDouble(example -> example.maps().scores().temperature())
                        .findFirst()
                        .orElse(1),
                findings.examples().stream().map(MapGallery::data).toList()));
    }

    private static Image data(Example example) {
        ResponseMaps maps = example.maps();
        Scale scale = maps.scale();
        Grid first = maps.maps().get(0);
        byte[] steps = new byte[maps.maps().size() * first.values().length];
        int at = 0;
        for (Grid map : maps.maps()) {
            for (float value : map.values()) {
                steps[at++] = (byte) Math.round(STEPS * scale.share(value));
            }
        }
        return new Image(
                example.index(),
                example.label(),
                maps.scores().logits(),
                first.height(),
                first.width(),
                (float) scale.low(),
                (float) scale.high(),
                Base64.getEncoder().encodeToString(steps));
    }
}
