package dynafilter.report.page;

import static dynafilter.report.ComparisonFacts.known;
import static dynafilter.report.ComparisonFacts.runs;

import dynafilter.io.ShellWord;
import dynafilter.report.ComparisonFacts;
import dynafilter.report.Numbers;
import dynafilter.report.figure.Svg;
import dynafilter.report.page.Page.Section;
import dynafilter.runfolder.RunDirectory;
import dynafilter.study.ComparisonDocument.Point;
import dynafilter.study.ComparisonDocument.Run;
import dynafilter.study.ComparisonDocument.Size;
import dynafilter.study.ComparisonDocument.VariantResult;
import dynafilter.study.Measure;
import dynafilter.study.Spread;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/** The report of a comparison, as an HTML page. */
public final class ComparisonPage {
    private final ComparisonFacts facts;
    private final Path page;
    private final String generator;

    /**
     * The page of a comparison.
     *
     * @param page the file that it will be, for links to the runs' pages
     * @param generator the program and its version
     */
    public ComparisonPage(ComparisonFacts facts, Path page, String generator) {
        this.facts = facts;
        this.page = page;
        this.generator = generator;
    }

    /** The HTML of the page. */
    public String html() {
        List<Section> sections = new ArrayList<>();
        sections.add(new Section("results", "Results", results()));
        UnseenTable.of(facts).ifPresent(of -> sections.add(new Section("unseen", "Labels that were never seen", of)));
        if (!facts.differences().isEmpty()) {
            sections.add(new Section("differences", "Differences", ComparedPairs.of(facts)));
        }
        sections.add(new Section("curves", "Curves", ComparisonCurves.of(facts)));
        sections.add(Section.of("cost", "Size, time and memory", cost()));
        if (!facts.thresholds().isEmpty()) {
            sections.add(Section.of("epochs-to", "Epochs to reach an accuracy", epochsTo()));
        }
        sections.add(Section.of("runs", "Runs", runTable()));
        sections.add(new Section(
                "recipe",
                "Recipe",
                PageElements.recipe(facts.document().recipe(), "What all variants share, unless they change it.")));
        sections.add(
                new Section("environment", "Environment", PageElements.environment(facts.environment(), facts.data())));
        sections.add(new Section("reproduce", "How to reproduce it", reproduce()));
        return new Page("Comparison " + facts.name(), header(), sections, "{}", generator).html();
    }

    /** The curves as a drawing for a file of its own; empty where no run is finished. */
    public Optional<Svg> drawnCurves() {
        List<LineChart> charts = ComparisonCurves.charts(facts);
        return charts.isEmpty() ? Optional.empty() : Optional.of(CurveSheet.of(charts));
    }

    private Html header() {
        Html list = Html.of("dl").as("facts");
        list.add(
                PageElements.fact(
                        "Runs",
                        String.valueOf(facts.runs().count()),
                        Numbers.plural(facts.variants().size(), "variant") + ", "
                                + Numbers.plural(facts.seeds().size(), "seed")),
                PageElements.fact(
                        "Time of all runs",
                        Numbers.duration(seconds()),
                        "training and evaluation, one after the other"),
                PageElements.data(facts.data()),
                PageElements.device(facts.environment(), ""));
        Html header = Html.of(
                "header",
                Html.of("p", "dynafilter comparison report").as("eyebrow"),
                Html.of("h1", facts.name()),
                Html.of("p", lead()).as("lead"));
        if (!facts.isComplete()) {
            header.add(Html.of(
                            "p",
                            "This comparison is not complete: "
                                    + Numbers.plural(facts.runs().count(), "run")
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
        return facts.runs()
                .flatMap(run -> known(run.curve()).stream())
                .mapToDouble(Point::seconds)
                .filter(Double::isFinite)
                .sum();
    }

    private List<Object> results() {
        Measure measure = facts.judgedBy();
        String judged = facts.isTested() ? "test accuracy" : facts.selection() + " accuracy";
        List<DotPlot.Row> dots = facts.variants().stream()
                .map(variant -> new DotPlot.Row(
                        Numbers.known(variant.name()),
                        variant.accuracy(measure).shown(Numbers::percent),
                        runs(variant).stream()
                                .map(run -> 100 * run.accuracy(measure))
                                .toList(),
                        100 * variant.accuracy(measure).mean(),
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
                    Spread test = variant.accuracy(measure);
                    List<String> cells =
                            new ArrayList<>(List.of(Numbers.percent(test.mean()), Numbers.percent(test.std())));
                    facts.seeds().forEach(seed -> cells.add(Numbers.percent(ofSeed(variant, seed, measure))));
                    if (split) {
                        cells.add(variant.accuracy(Measure.BEST_ACCURACY).shown(Numbers::percent));
                    }
                    cells.add(variant.accuracy(Measure.FINAL_ACCURACY).shown(Numbers::percent));
                    return PageElements.row(Numbers.known(variant.name()), cells)
                            .add(Html.of("td", changes(variant)).as("text"));
                })
                .toList();
        return List.of(
                PageElements.note(
                        PageElements.capital(judged)
                                + " of the best epoch: a dot a seed, a line at the mean; in words the mean and, behind ±, the standard deviation of the seeds."),
                new DotPlot(PageElements.capital(judged), " %", dots, false).figure(),
                PageElements.table("Results by variant", head, rows));
    }

    private static double ofSeed(VariantResult variant, long seed, Measure measure) {
        return runs(variant).stream()
                .filter(run -> run.seed() != null && run.seed() == seed)
                .mapToDouble(run -> run.accuracy(measure))
                .findFirst()
                .orElse(Double.NaN);
    }

    private static String changes(VariantResult variant) {
        return variant.changes() == null
                ? ""
                : variant.changes().entrySet().stream()
                        .map(change -> change.getKey().replace('_', ' ') + " " + PageElements.plain(change.getValue()))
                        .collect(Collectors.joining(", "));
    }

    private Html cost() {
        List<Html> rows = facts.variants().stream()
                .map(variant -> PageElements.row(
                        Numbers.known(variant.name()),
                        List.of(
                                size(variant, Size::parameters),
                                size(variant, Size::trainedParameters),
                                variant.secondsPerEpoch().shown(value -> Numbers.format("%.2f s", value)),
                                Numbers.count(numbers(variant, Run::imagesPerSecond)
                                        .average()
                                        .orElse(Double.NaN)),
                                Numbers.megabytes(numbers(variant, ComparisonPage::peakMemory)
                                        .max()
                                        .orElse(Double.NaN)))))
                .toList();
        return PageElements.table(
                "Mean over the seeds, ± standard deviation; of the memory the most any run held",
                List.of("variant", "#parameters", "#of them trained", "#an epoch", "#images/s", "#peak memory"),
                rows);
    }

    private static String size(VariantResult variant, Function<Size, @Nullable Long> of) {
        return Numbers.count(variant.size() == null ? null : of.apply(variant.size()));
    }

    /** The values of a figure in those of the variant's runs that have it. */
    private static DoubleStream numbers(VariantResult variant, ToDoubleFunction<Run> figure) {
        return runs(variant).stream().mapToDouble(figure).filter(Double::isFinite);
    }

    private static double peakMemory(Run run) {
        return run.peakMemoryBytes() == null ? Double.NaN : run.peakMemoryBytes();
    }

    private Html epochsTo() {
        List<Double> thresholds = facts.thresholds();
        List<String> head = new ArrayList<>(List.of("variant"));
        thresholds.forEach(
                threshold -> head.add("#" + Numbers.percent(threshold).replace(".00", "")));
        List<Html> rows = facts.variants().stream()
                .map(variant -> PageElements.row(
                        Numbers.known(variant.name()),
                        thresholds.stream()
                                .map(threshold -> runs(variant).stream()
                                        .map(run -> epochsTo(run, threshold))
                                        .collect(Collectors.joining(", ")))
                                .toList()))
                .toList();
        return PageElements.table(
                "The first epoch with that " + facts.selection()
                        + " accuracy, a number a seed; – where it is never reached",
                head,
                rows);
    }

    private static String epochsTo(Run run, Double threshold) {
        return Numbers.known(run.epochsTo() == null ? null : run.epochsTo().get(threshold.toString()));
    }

    private Html runTable() {
        List<Html> rows = new ArrayList<>();
        for (VariantResult variant : facts.variants()) {
            for (Run run : runs(variant)) {
                rows.add(PageElements.row(
                                Numbers.known(variant.name()),
                                List.of(
                                        Numbers.known(run.seed()),
                                        Numbers.known(run.epochs()),
                                        Numbers.known(run.bestEpoch()),
                                        Numbers.percent(run.testAccuracy()),
                                        Numbers.loss(run.testLoss())))
                        .add(Html.of("td", folder(folderOf(run)))));
            }
        }
        return PageElements.table(
                "All runs; the name of a folder leads to its report where there is one",
                List.of("variant", "#seed", "#epochs", "#best epoch", "#test accuracy", "#test loss", "folder"),
                rows);
    }

    private static String folderOf(Run run) {
        return run.folder() == null ? "" : run.folder();
    }

    private Object folder(String name) {
        Path report = facts.folder()
                .resolve(name)
                .resolve(RunDirectory.REPORT)
                .toAbsolutePath()
                .normalize();
        Path from = Objects.requireNonNull(page.toAbsolutePath().normalize().getParent(), "a file lies in a folder");
        if (!Files.isRegularFile(report) || !Objects.equals(report.getRoot(), from.getRoot())) {
            return name;
        }
        return Html.of("a", name).set("href", PageElements.link(from.relativize(report)));
    }

    private List<Object> reproduce() {
        List<Object> content = new ArrayList<>();
        String command = facts.document().command();
        if (command != null && !command.isEmpty()) {
            content.add(PageElements.paragraph(
                    "The whole comparison; stopped and started again, it goes on where it was:"));
            content.add(PageElements.command(command));
        }
        content.add(PageElements.paragraph("This page, and the page of one of its runs:"));
        content.add(PageElements.command("dynafilter report " + ShellWord.of(facts.folder())));
        facts.runs()
                .findFirst()
                .map(run -> facts.folder().resolve(folderOf(run)))
                .ifPresent(run -> content.add(PageElements.command("dynafilter report " + ShellWord.of(run))));
        return content;
    }
}
