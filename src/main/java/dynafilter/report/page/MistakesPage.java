package dynafilter.report.page;

import dynafilter.audit.AuditedImages;
import dynafilter.audit.Mistake;
import dynafilter.report.Numbers;
import dynafilter.report.page.Page.Section;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The images that a network labels wrongly, as an HTML page.
 *
 * @param mistakes the most confident first
 * @param images that they are among
 * @param classes the names of the labels
 * @param model the network, for people
 * @param evaluated the images, in words
 * @param generator the program and its version
 */
public record MistakesPage(
        List<Mistake> mistakes,
        AuditedImages images,
        List<String> classes,
        String model,
        String evaluated,
        String generator) {
    /** The most pictures on a page: it stays quick to open, and nobody looks at more. */
    static final int MOST_PICTURES = 1000;

    private static final int MOST_PAIRS = 100;

    /** Two labels that are taken for one another. */
    private record Pair(int label, int predicted) {}

    /** The HTML of the page. */
    public String html() {
        Html facts = Html.of("dl").as("facts");
        facts.add(
                PageElements.fact(
                        "Wrong",
                        Numbers.count((double) mistakes.size()),
                        Numbers.format("of %,d %s", images.size(), evaluated)),
                PageElements.fact(
                        "Accuracy",
                        Numbers.percent(1 - (double) mistakes.size() / images.size()),
                        classes.size() + " labels"));
        Html header = Html.of(
                "header",
                Html.of("p", "dynafilter mistakes").as("eyebrow"),
                Html.of("h1", model),
                Html.of("p", "The images that the network labels wrongly, the most confident of its mistakes first.")
                        .as("lead"),
                facts);
        return new Page("Mistakes of " + model, header, List.of(pictures(), pairs()), "{}", generator).html();
    }

    private Section pictures() {
        if (mistakes.isEmpty()) {
            return Section.of("images", "Images", PageElements.paragraph("Every image is labelled rightly."));
        }
        PhotoGrid grid = new PhotoGrid(images, List.of("true label", "taken for"));
        mistakes.stream().limit(MOST_PICTURES).forEach(mistake -> {
            String label = classes.get(mistake.label());
            String predicted = classes.get(mistake.predicted());
            grid.add(
                    mistake.image(),
                    List.of(label, predicted),
                    List.of(
                            label + " taken for " + predicted,
                            Numbers.percent(mistake.predictedProbability()) + " " + predicted,
                            Numbers.percent(mistake.labelProbability()) + " " + label + ", rank " + mistake.rank()));
        });
        String left = mistakes.size() > MOST_PICTURES
                ? Numbers.format(
                        " This page shows the first %,d; %,d less confident ones are left out, and a .csv file has all.",
                        MOST_PICTURES, mistakes.size() - MOST_PICTURES)
                : "";
        return Section.of(
                "images",
                "Images",
                PageElements.note(
                        "Below each: the probability of the label that it was given, and of its own, with the place of its own"
                                + " among all scores." + left),
                grid.html());
    }

    private Section pairs() {
        Map<Pair, Long> counts = mistakes.stream()
                .collect(Collectors.groupingBy(
                        mistake -> new Pair(mistake.label(), mistake.predicted()), Collectors.counting()));
        List<Map.Entry<Pair, Long>> sorted = new ArrayList<>(counts.entrySet());
        sorted.sort(Comparator.comparingLong((Map.Entry<Pair, Long> pair) -> -pair.getValue())
                .thenComparingInt(pair -> pair.getKey().label)
                .thenComparingInt(pair -> pair.getKey().predicted));
        return Section.of(
                "pairs",
                "Labels taken for one another",
                PageElements.first(
                        MOST_PAIRS,
                        sorted,
                        "the most frequent first",
                        List.of("true label", "taken for", "#images"),
                        pair -> Html.of(
                                "tr",
                                Html.of("th", classes.get(pair.getKey().label)).set("scope", "row"),
                                Html.of("td", classes.get(pair.getKey().predicted)),
                                Html.of("td", Numbers.count(pair.getValue())).as("n"))));
    }
}
