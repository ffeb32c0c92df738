package dynafilter.study;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dynafilter.runfolder.Environment;
import dynafilter.runfolder.EpochResult;
import dynafilter.runfolder.RunConfig;
import dynafilter.runfolder.ZeroShot;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The document {@code comparison.json}, as {@code src/site/markdown/json.md} describes it. In a file that another version or a
 * person wrote, parts may be missing: these are null.
 *
 * @param complete true: all runs are finished; false: some are missing
 * @param command the command that goes on with the comparison, to show
 * @param recipe the settings that all runs share
 * @param selection the set that chooses the best epoch: "test" or "validation"; null before the first run is finished
 * @param judgedBy the accuracy that judges a run; null before the first run is finished
 * @param data the data set of the runs; null before the first run is finished
 * @param environment of the newest run; null before the first run is finished
 */
@JsonInclude(Include.NON_NULL)
public record ComparisonDocument(
        @Nullable String format,
        @Nullable Boolean complete,
        @Nullable String command,
        @Nullable List<Long> seeds,
        @Nullable List<Double> thresholds,
        @Nullable Map<String, Object> recipe,
        @Nullable String selection,
        @Nullable Measure judgedBy,
        RunConfig.@Nullable Data data,
        @Nullable Environment environment,
        @Nullable List<VariantResult> variants,
        @Nullable List<Pairs> differences) {
    /** The format that this program writes. */
    public static final String FORMAT = "dynafilter-comparison/1";

    /**
     * A variant and its finished runs.
     *
     * @param changes the settings that differ from the common recipe, by name
     * @param size of the network; null before the first run of the variant is finished
     * @param figures over its runs; null before the first of them is finished
     */
    @JsonInclude(Include.NON_NULL)
    public record VariantResult(
            @Nullable String name,
            @Nullable Map<String, Object> changes,
            @JsonUnwrapped @Nullable Size size,
            @Nullable List<Run> runs,
            @JsonUnwrapped @Nullable Figures figures) {
        /** Jackson makes a size and figures also where the document has none: these become null. */
        public VariantResult {
            size = Size.UNKNOWN.equals(size) ? null : size;
            figures = Figures.UNKNOWN.equals(figures) ? null : figures;
        }

        /** The mean and standard deviation of an accuracy over the runs; NaN where they are not known. */
        public Spread accuracy(Measure measure) {
            return known(figures == null ? null : figures.accuracy(measure));
        }

        /** The mean and standard deviation of the seconds of a median epoch; NaN where they are not known. */
        public Spread secondsPerEpoch() {
            return known(figures == null ? null : figures.secondsPerEpoch);
        }

        private static Spread known(@Nullable Spread spread) {
            return spread == null ? Spread.UNKNOWN : spread;
        }
    }

    /** The number of parameters of a network, and of those that gradient descent changes. */
    @JsonInclude(Include.NON_NULL)
    public record Size(@Nullable Long parameters, @Nullable Long trainedParameters) {
        private static final Size UNKNOWN = new Size(null, null);
    }

    /**
     * The figures of a variant over its runs.
     *
     * @param testAccuracy null: there is no test set
     */
    @JsonInclude(Include.NON_NULL)
    public record Figures(
            @Nullable Spread bestAccuracy,
            @Nullable Spread finalAccuracy,
            @JsonInclude(Include.ALWAYS) @Nullable Spread testAccuracy,
            @Nullable Spread secondsPerEpoch) {
        private static final Figures UNKNOWN = new Figures(null, null, null, null);

        private @Nullable Spread accuracy(Measure measure) {
            return switch (measure) {
                case TEST_ACCURACY -> testAccuracy;
                case BEST_ACCURACY -> bestAccuracy;
                case FINAL_ACCURACY -> finalAccuracy;
            };
        }
    }

    /**
     * A finished run; numbers that are not known are NaN or null.
     *
     * @param folder the run's folder, relative to the comparison's
     * @param epochs the number of finished epochs
     * @param bestAccuracy of the best epoch, on the set that chose it
     * @param finalAccuracy of the last epoch, on the set that chooses the best
     * @param finalLoss of the last epoch, on the same set
     * @param testAccuracy of the best epoch, on the test set
     * @param testLoss of the best epoch, on the test set
     * @param secondsPerEpoch the median over the epochs, evaluation included
     * @param imagesPerSecond the median over the epochs, of the training part
     * @param epochsTo by threshold the first epoch with at least that accuracy; null: no epoch reached it
     * @param zeroShot of the best epoch, on labels that training held out; null: it held out none
     */
    public record Run(
            @Nullable Long seed,
            @Nullable String folder,
            @Nullable Integer epochs,
            double bestAccuracy,
            @Nullable Integer bestEpoch,
            double finalAccuracy,
            double finalLoss,
            double testAccuracy,
            double testLoss,
            double secondsPerEpoch,
            double imagesPerSecond,
            @Nullable Long peakMemoryBytes,
            @Nullable Map<String, @Nullable Integer> epochsTo,
            @JsonInclude(Include.NON_NULL) @Nullable ZeroShot zeroShot,
            @Nullable List<Point> curve) {
        /** An accuracy of the run; NaN where it is not known. */
        public double accuracy(Measure measure) {
            return switch (measure) {
                case TEST_ACCURACY -> testAccuracy;
                case BEST_ACCURACY -> bestAccuracy;
                case FINAL_ACCURACY -> finalAccuracy;
            };
        }
    }

    /** A point of a run's curve: see {@link EpochResult}. */
    public record Point(
            int epoch,
            long step,
            double learningRate,
            double trainLoss,
            double trainAccuracy,
            double loss,
            double accuracy,
            double seconds) {
        static Point of(EpochResult epoch) {
            return new Point(
                    epoch.epoch(),
                    epoch.step(),
                    epoch.learningRate(),
                    epoch.trainLoss(),
                    epoch.trainAccuracy(),
                    epoch.loss(),
                    epoch.accuracy(),
                    epoch.seconds());
        }
    }

    /**
     * The difference of two variants: see {@link Difference}.
     *
     * @param measure the name of the figure that is compared
     * @param pairs the number of seeds that both have finished
     * @param difference the mean of a - b
     * @param confidence the mean's 95 % confidence interval, from low to high; null: no test applies
     * @param text the result of the test, as a sentence
     */
    public record Pairs(
            @Nullable String a,
            @Nullable String b,
            @Nullable String measure,
            @Nullable Integer pairs,
            double difference,
            @JsonProperty("confidence_95") @Nullable List<Double> confidence,
            double t,
            double p,
            double pAdjusted,
            boolean significant,
            @Nullable String text) {
        static Pairs of(Difference of) {
            return new Pairs(
                    of.a(),
                    of.b(),
                    of.measure().toString(),
                    of.pairs(),
                    of.mean(),
                    of.isTested() ? List.of(of.mean() - of.confidence(), of.mean() + of.confidence()) : null,
                    of.t(),
                    of.p(),
                    of.adjusted(),
                    of.isSignificant(),
                    of.text());
        }
    }
}
