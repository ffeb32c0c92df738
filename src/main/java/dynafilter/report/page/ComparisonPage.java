package dynafilter.report.page;

import static dynafilter.report.ComparisonFacts.list;
import static dynafilter.report.ComparisonFacts.mean;
import static dynafilter.report.ComparisonFacts.nameOf;
import static dynafilter.report.ComparisonFacts.number;
import static dynafilter.report.ComparisonFacts.runs;

import com.fasterxml.jackson.databind.JsonNode;
import dynafilter.io.ShellWord;
import dynafilter.report.ComparisonFacts;
import dynafilter.report.ComparisonFacts.Mean;
import dynafilter.report.Numbers;
import dynafilter.report.figure.Svg;
import dynafilter.report.page.Page.Section;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;

/** The report of a comparison. */
public final class ComparisonPage {
    private final ComparisonFacts facts;
    private final Path page;
    private final String generator;

    /**
     * @param page the file it will be, for links to the runs' pages
     * @param generator the program and its version
     */
    public ComparisonPage(ComparisonFacts facts, Path page, String generator) {
        this.facts = facts;
        this.page = page;
        this.generator = generator;
    }

    /** The page, as a file's content. */
    public String html() {
        List<Section> sections = new ArrayList<>();
        sections.add(new Section("results", "Results", results()));
        if (!facts.differences().isEmpty()) {
            sections.add(new Section("differences", "Differences", ComparedPairs.of(facts)));
        }
        sections.add(new Section("curves", "Curves", ComparisonCurves.of(facts)));
        sections.add(Section.of("cost", "Size, time and memory", cost()));
        if (facts.json().path("thresholds").size() > 0) {
            sections.add(Section.of("epochs-to", "Epochs to reach an accuracy", epochsTo()));
        }
        sections.add(Section.of("runs", "Runs", runTable()));
        sections.add(new Section(
                "recipe",
                "Recipe",
                Parts.recipe(facts.json().path("recipe"), "What all variants share, unless they change it.")));
        sections.add(new Section("environment", "Environment", Parts.environment(facts.json())));
        sections.add(new Section("reproduce", "How to reproduce it", reproduce()));
        return new Page("Comparison " + facts.name(), header(), sections, "{}", generator).html();
    }

    /** The curves as a drawing of their own; empty where no run is finished. */
    public Optional<Svg> drawnCurves() {
        List<LineChart> charts = ComparisonCurves.charts(facts);
        return charts.isEmpty() ? Optional.empty() : Optional.of(CurveSheet.of(charts));
    }

    private Html header() {
        Html list = Html.of("dl").as("facts");
        list.add(
                Parts.fact(
                        "Runs",
                        String.valueOf(facts.countRuns()),
                        Numbers.plural(facts.variants().size(), "variant") + ", "
                                + Numbers.plural(facts.seeds().size(), "seed")),
                Parts.fact(
                        "Time of all runs",
                        Numbers.duration(seconds()),
                        "training and evaluation, one after the other"),
                Parts.data(facts.json().path("data")),
                Parts.device(facts.json().path("environment"), ""));
        Html header = Html.of(
                "header",
                Html.of("p", "dynafilter comparison report").as("eyebrow"),
                Html.of("h1", facts.name()),
                Html.of("p", lead()).as("lead"));
        if (!facts.json().path("complete").asBoolean(true)) {
            header.add(Html.of(
                            "p",
                            "This comparison is not complete: " + Numbers.plural(facts.countRuns(), "run")
                                    + " so far. The command at the end goes on with it, and `report` then makes this page anew.")
                    .as("missing"));
        }
        return header.add(list);
    }

    private String lead() {
        return Numbers.plural(facts.variants().size(), "variant") + " of one recipe, "
                + Numbers.plural(facts.seeds().size(), "seed") + " each. The best epoch of each run is chosen by "
                + (facts.selection().equals("test")
                        ? "test accuracy, which makes that accuracy a little too good, for all variants alike."
                        : facts.isTested()
                                ? "held-out training images; the test set has no part in it."
                                : "held-out images; there is no test set, so that their accuracy is a little too good.");
    }

    private double seconds() {
        return facts.variants().stream()
                .flatMap(variant -> runs(variant).stream())
                .flatMap(run -> list(run.path("curve")).stream())
                .mapToDouble(epoch -> epoch.path("seconds").asDouble(0))
                .sum();
    }

    private List<Object> results() {
        String measure = facts.judgedBy();
        String judged = facts.isTested() ? "test accuracy" : facts.selection() + " accuracy";
        List<DotPlot.Row> dots = facts.variants().stream()
                .map(variant -> new DotPlot.Row(
                        nameOf(variant),
                        mean(variant, measure).of(Numbers::percent),
                        runs(variant).stream()
                                .map(run -> 100 * number(run, measure))
                                .toList(),
                        100 * mean(variant, measure).mean(),
                        Double.NaN,
                        Double.NaN))
                .toList();
        List<String> head = new ArrayList<>(List.of("variant", "#" + judged, "#sd"));
        facts.seeds().forEach(seed -> head.add("#seed " + seed));
        boolean split = facts.isTested() && !facts.selection().equals("test");
        if (split) {
            head.add("#best " + facts.selection() + " accuracy");
        }
        head.addAll(List.of("#" + facts.selection() + " accuracy, last epoch", "changes"));
        List<Html> rows = facts.variants().stream()
                .map(variant -> {
                    Mean test = mean(variant, measure);
                    List<String> cells =
                            new ArrayList<>(List.of(Numbers.percent(test.mean()), Numbers.percent(test.std())));
                    facts.seeds().forEach(seed -> cells.add(Numbers.percent(ofSeed(variant, seed, measure))));
                    if (split) {
                        cells.add(mean(variant, "best_accuracy").of(Numbers::percent));
                    }
                    cells.add(mean(variant, "final_accuracy").of(Numbers::percent));
                    return Parts.row(nameOf(variant), cells)
                            .add(Html.of("td", changes(variant)).as("text"));
                })
                .toList();
        return List.of(
                Parts.note(
                        Parts.capital(judged)
                                + " of the best epoch: a dot a seed, a line at the mean; in words the mean and, behind ±, the standard deviation of the seeds."),
                new DotPlot(Parts.capital(judged), " %", dots, false).figure(),
                Parts.table("Results by variant", head, rows));
    }

    private static double ofSeed(JsonNode variant, long seed, String measure) {
        return runs(variant).stream()
                .filter(run -> run.path("seed").asLong() == seed)
                .mapToDouble(run -> number(run, measure))
                .findFirst()
                .orElse(Double.NaN);
    }

    private static String changes(JsonNode variant) {
        return variant.path("changes").properties().stream()
                .map(change -> change.getKey().replace('_', ' ') + " " + Parts.plain(change.getValue()))
                .collect(Collectors.joining(", "));
    }

    private Html cost() {
        List<Html> rows = facts.variants().stream()
                .map(variant -> Parts.row(
                        nameOf(variant),
                        List.of(
                                Numbers.count(number(variant, "parameters")),
                                Numbers.count(number(variant, "trained_parameters")),
                                mean(variant, "seconds_per_epoch").of(value -> Numbers.format("%.2f s", value)),
                                Numbers.count(numbers(variant, "images_per_second")
                                        .average()
                                        .orElse(Double.NaN)),
                                Numbers.megabytes(numbers(variant, "peak_memory_bytes")
                                        .max()
                                        .orElse(Double.NaN)))))
                .toList();
        return Parts.table(
                "Mean over the seeds, ± standard deviation; of the memory the most any run held",
                List.of("variant", "#parameters", "#of them trained", "#an epoch", "#images/s", "#peak memory"),
                rows);
    }

    /** What the variant's runs know of a measure. */
    private static DoubleStream numbers(JsonNode variant, String measure) {
        return runs(variant).stream().mapToDouble(run -> number(run, measure)).filter(Double::isFinite);
    }

    private Html epochsTo() {
        List<JsonNode> thresholds = list(facts.json().path("thresholds"));
        List<String> head = new ArrayList<>(List.of("variant"));
        thresholds.forEach(threshold ->
                head.add("#" + Numbers.percent(threshold.asDouble()).replace(".00", "")));
        List<Html> rows = facts.variants().stream()
                .map(variant -> Parts.row(
                        nameOf(variant),
                        thresholds.stream()
                                .map(threshold -> runs(variant).stream()
                                        .map(run -> run.path("epochs_to")
                                                .path(threshold.asText())
                                                .asText(Numbers.NONE))
                                        .collect(Collectors.joining(", ")))
                                .toList()))
                .toList();
        return Parts.table(
                "The first epoch with that " + facts.selection()
                        + " accuracy, a number a seed; – where it is never reached",
                head,
                rows);
    }

    private Html runTable() {
        List<Html> rows = new ArrayList<>();
        for (JsonNode variant : facts.variants()) {
            for (JsonNode run : runs(variant)) {
                rows.add(Parts.row(
                                nameOf(variant),
                                List.of(
                                        run.path("seed").asText(),
                                        run.path("epochs").asText(Numbers.NONE),
                                        run.path("best_epoch").asText(Numbers.NONE),
                                        Numbers.percent(number(run, "test_accuracy")),
                                        Numbers.loss(number(run, "test_loss"))))
                        .add(Html.of("td", folder(run.path("folder").asText()))));
            }
        }
        return Parts.table(
                "All runs; the name of a folder leads to its report where there is one",
                List.of("variant", "#seed", "#epochs", "#best epoch", "#test accuracy", "#test loss", "folder"),
                rows);
    }

    private Object folder(String name) {
        Path report = facts.folder()
                .resolve(name)
                .resolve("report.html")
                .toAbsolutePath()
                .normalize();
        Path from = page.toAbsolutePath().normalize().getParent();
        if (!Files.isRegularFile(report) || !Objects.equals(report.getRoot(), from.getRoot())) {
            return name;
        }
        return Html.of("a", name).set("href", Parts.link(from.relativize(report)));
    }

    private List<Object> reproduce() {
        List<Object> content = new ArrayList<>();
        String command = facts.json().path("command").asText("");
        if (!command.isEmpty()) {
            content.add(Parts.paragraph("The whole comparison; stopped and started again, it goes on where it was:"));
            content.add(Parts.command(command));
        }
        content.add(Parts.paragraph("This page, and the page of one of its runs:"));
        content.add(Parts.command("dynafilter report " + ShellWord.of(facts.folder())));
        facts.variants().stream()
                .flatMap(variant -> runs(variant).stream())
                .findFirst()
                .map(run -> facts.folder().resolve(run.path("folder").asText()))
                .ifPresent(run -> content.add(Parts.command("dynafilter report " + ShellWord.of(run))));
        return content;
    }
}
