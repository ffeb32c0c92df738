package dynafilter.report.page;

import dynafilter.report.Numbers;
import dynafilter.report.RunFacts;
import dynafilter.report.figure.Findings;
import dynafilter.report.figure.Svg;
import dynafilter.report.page.LineChart.Curve;
import dynafilter.report.page.Page.Section;
import dynafilter.runfolder.EpochResult;
import dynafilter.runfolder.ZeroShot;
import dynafilter.train.Evaluation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The report of a run, as an HTML page. */
public final class RunPage {
    private final RunFacts run;
    private final @Nullable Findings findings;
    private final String missing;
    private final String generator;

    /**
     * The page of a run.
     *
     * @param findings of its best network on the test set; null: there are none
     * @param missing the reason why there are none and what to do, as a sentence; empty where there are
     * @param generator the program and its version
     */
    public RunPage(RunFacts run, @Nullable Findings findings, String missing, String generator) {
        this.run = run;
        this.findings = findings;
        this.missing = missing;
        this.generator = generator;
    }

    /** The HTML of the page. */
    public String html() {
        List<Section> sections = new ArrayList<>();
        sections.add(curves());
        sections.add(needsFindings("classes", "Classes and confusions", ClassResults::of));
        if (findings != null && findings.calibration() != null) {
            sections.add(new Section("calibration", "Calibration", CalibrationResults.of(findings.calibration())));
        }
        sections.add(needsFindings("maps", "Response maps", MapGallery::of));
        sections.add(needsFindings("filters", "Filter similarity", FilterSimilarity::of));
        sections.add(
                new Section("recipe", "Recipe", PageElements.recipe(run.config().recipe(), "All options of the run.")));
        sections.add(new Section("environment", "Environment", environment()));
        sections.add(new Section("reproduce", "How to reproduce it", new Reproduction(run).content()));
        return new Page(
                        "Run " + run.name(),
                        header(),
                        sections,
                        findings == null ? "{}" : MapGallery.data(findings),
                        generator)
                .html();
    }

    private Section needsFindings(String id, String heading, Function<Findings, List<Object>> content) {
        return findings != null
                ? new Section(id, heading, content.apply(findings))
                : Section.of(id, heading, Html.of("p", missing).as("missing"));
    }

    private Html header() {
        Html facts = Html.of("dl").as("facts");
        if (findings != null) {
            Evaluation test = findings.evaluation();
            facts.add(PageElements.fact(
                    PageElements.capital(judge()) + " accuracy",
                    Numbers.percent(test.accuracy()),
                    Numbers.format("%,d images, network of the best epoch", test.images())));
            facts.add(PageElements.fact(
                    PageElements.capital(judge()) + " loss", Numbers.loss(test.loss()), "mean cross-entropy"));
            if (findings.zeroShot() != null) {
                facts.add(unseen(findings.zeroShot()));
            }
        }
        run.best().ifPresent(best -> {
            if (findings == null || (run.isTested() && !run.selection().equals("test"))) {
                facts.add(PageElements.fact(
                        PageElements.capital(run.selection()) + " accuracy",
                        Numbers.percent(best.accuracy()),
                        "loss " + Numbers.loss(best.loss()) + ", best epoch"));
            }
            facts.add(PageElements.fact(
                    "Best epoch",
                    best.epoch() + " of " + run.recipe().optimization().epochs(),
                    "chosen by " + run.selection() + " accuracy" + progress()));
            facts.add(PageElements.fact(
                    "Training accuracy",
                    Numbers.percent(best.trainAccuracy()),
                    "loss " + Numbers.loss(best.trainLoss()) + ", best epoch, while it trained"));
            facts.add(PageElements.fact(
                    "Training time",
                    Numbers.duration(run.seconds()),
                    Numbers.duration(run.seconds() / run.history().size()) + " an epoch, "
                            + Numbers.count(median(EpochResult::imagesPerSecond)) + " images/s"));
        });
        facts.add(PageElements.data(run.data()));
        String backbone = run.network().backbone();
        facts.add(PageElements.fact(
                "Trained parameters",
                Numbers.count(run.network().trainedParameters()),
                run.recipe().network().filters() + " filters, "
                        + (backbone == null ? run.recipe().network().backbone() : backbone)));
        facts.add(PageElements.device(
                run.environment(), run.recipe().computation().precision().toString()));
        return Html.of(
                "header",
                Html.of("p", "dynafilter run report").as("eyebrow"),
                Html.of("h1", run.name()),
                Html.of("p", lead()).as("lead"),
                facts);
    }

    private static Html unseen(ZeroShot accuracies) {
        return PageElements.fact(
                "Labels never seen",
                Numbers.percent(accuracies.unseenAmongUnseen()),
                Numbers.format(
                        "among themselves, %s; %s among all, the others %s, harmonic mean %s",
                        Numbers.plural(accuracies.unseenLabels().size(), "label"),
                        Numbers.percent(accuracies.unseenAmongAll()),
                        Numbers.percent(accuracies.seenAmongAll()),
                        Numbers.percent(accuracies.harmonicMean())));
    }

    private String progress() {
        if (run.isFinished()) {
            return "";
        }
        String epochs = Numbers.plural(run.history().size(), "epoch");
        return run.isStoppedEarly() ? "; stopped early after " + epochs : "; " + epochs + " so far";
    }

    private double median(ToDoubleFunction<EpochResult> of) {
        double[] sorted = run.history().stream().mapToDouble(of).sorted().toArray();
        return (sorted[sorted.length / 2] + sorted[(sorted.length - 1) / 2]) / 2;
    }

    private List<Object> lead() {
        if (findings == null) {
            String far = run.best()
                    .map(best -> Numbers.format(
                            "The best epoch so far is %d, with a %s accuracy of %s.",
                            best.epoch(), run.selection(), Numbers.percent(best.accuracy())))
                    .orElse("No epoch is finished yet.");
            return List.of(far + " " + missing);
        }
        Evaluation test = findings.evaluation();
        long right = Math.round(test.accuracy() * test.images());
        String result = Numbers.format(
                "The network of the best epoch puts %,d of %,d %s images (%s) into the right class. ",
                right, test.images(), judge(), Numbers.percent(test.accuracy()));
        if (!run.isTested()) {
            return List.of(
                    result,
                    "There is no test set: where this page says test images it means these, which also chose that epoch."
                            + " That makes their accuracy a little too good.");
        }
        return run.selection().equals("test")
                ? List.of(
                        result,
                        "The test set also chose that epoch, which makes its accuracy a little too good; with ",
                        Html.of("code", "--val-split"),
                        " held-out training images choose.")
                : List.of(result, "Held-out training images chose that epoch; the test set had no part in it.");
    }

    /** The curves as a drawing for a file of its own; empty where no epoch is finished. */
    public Optional<Svg> drawnCurves() {
        return run.history().isEmpty() ? Optional.empty() : Optional.of(CurveSheet.of(charts()));
    }

    /** The set of the images that the page judges the network by: "test" or "validation". */
    private String judge() {
        return run.isTested() ? "test" : run.selection();
    }

    private Section curves() {
        if (run.history().isEmpty()) {
            return Section.of(
                    "curves",
                    "Curves",
                    Html.of("p", "No epoch is finished yet.").as("missing"));
        }
        String selection = run.selection();
        return Section.of(
                "curves",
                "Curves",
                PageElements.note("Training values are means over the epoch as it trained"
                        + (run.recipe().augmentation().augment() ? ", on augmented images" : "")
                        + (run.recipe().augmentation().mixes()
                                ? " (mixed ones count for the label of the larger share)"
                                : "")
                        + (run.recipe().optimization().labelSmoothing() > 0 ? " and with label smoothing" : "") + "; "
                        + selection
                        + " values are of the network at its end. Point at a chart, or focus it and use the arrow keys,"
                        + " to read an epoch's values; without a script they are those of the best epoch."),
                Html.of("div", charts().stream().map(LineChart::figure).toArray())
                        .as("charts"));
    }

    private List<LineChart> charts() {
        String selection = run.selection();
        return List.of(
                chart(
                        "accuracy",
                        "Accuracy",
                        " %",
                        Numbers::percent,
                        100,
                        curve("training", EpochResult::trainAccuracy),
                        curve(selection, EpochResult::accuracy)),
                chart(
                        "loss",
                        "Loss (cross-entropy)",
                        "",
                        Numbers::loss,
                        1,
                        curve("training", EpochResult::trainLoss),
                        curve(selection, EpochResult::loss)),
                chart(
                        "learning-rate",
                        "Learning rate, at the end of the epoch",
                        "",
                        Numbers::rate,
                        1,
                        curve("learning rate", EpochResult::learningRate)),
                chart(
                        "speed",
                        "Training images a second",
                        "",
                        Numbers::count,
                        1,
                        curve("images/s", EpochResult::imagesPerSecond)));
    }

    private Curve curve(String name, ToDoubleFunction<EpochResult> of) {
        return Curve.of(name, run.history().stream().map(of::applyAsDouble).toList());
    }

    private LineChart chart(
            String id,
            String title,
            String unit,
            java.util.function.DoubleFunction<String> text,
            double factor,
            Curve... curves) {
        List<Integer> epochs = run.history().stream().map(EpochResult::epoch).toList();
        int shown = IntStream.range(0, epochs.size())
                .filter(i -> run.best()
                        .map(EpochResult::epoch)
                        .filter(epochs.get(i)::equals)
                        .isPresent())
                .findFirst()
                .orElse(epochs.size() - 1);
        return new LineChart(id, title, unit, epochs, List.of(curves), shown, text, factor);
    }

    private List<Object> environment() {
        List<Object> content = new ArrayList<>(PageElements.environment(run.environment(), run.data()));
        if (findings != null && !findings.sha256().equals(run.data().sha256())) {
            content.add(Html.of(
                            "p",
                            "The test set evaluated for this page is of another data set than the run's: "
                                    + findings.data() + ", SHA-256 ",
                            Html.of("code", findings.sha256()).as("hash"))
                    .as("missing"));
        }
        return content;
    }
}
