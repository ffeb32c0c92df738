package dynafilter.study;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonInclude.Include;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonUnwrapped;
import dynafilter.runfolder.Environment;
import dynafilter.runfolder.EpochResult;
import dynafilter.runfolder.RunConfig;
import java.util.List;
import java.util.Map;

/**
 * {@code comparison.json}, as {@code src/site/markdown/json.md} describes it. In one that another version wrote, or a person, parts
 * may be missing: these are null.
 *
 * @param complete true: all runs are finished; false: some are missing
 * @param command that made it, to show
 * @param recipe the settings that all runs share
 * @param selection the set that chooses the best epoch: "test" or "validation"; null before the first run is finished
 * @param judgedBy the accuracy that judges a run; likewise
 * @param data of the runs; likewise
 * @param environment of the newest run; likewise
 */
@JsonInclude(Include.NON_NULL)
public record ComparisonDocument(
        String format,
        Boolean complete,
        String command,
        List<Long> seeds,
        List<Double> thresholds,
        Map<String, Object> recipe,
        String selection,
        Measure judgedBy,
        RunConfig.Data data,
        Environment environment,
        List<VariantResult> variants,
        List<Pairs> differences) {
    /** The format that this program writes. */
    public static final String FORMAT = "dynafilter-comparison/1";

    /**
     * A variant and its finished runs.
     *
     * @param changes of the common recipe, by the recipe's names
     * @param size null before its first run is finished
     * @param figures over its runs; likewise
     */
    @JsonInclude(Include.NON_NULL)
    public record VariantResult(
            String name,
            Map<String, Object> changes,
            @JsonUnwrapped Size size,
            List<Run> runs,
            @JsonUnwrapped Figures figures) {
        /** What a document says nothing of is null. */
        public VariantResult {
            size = Size.UNKNOWN.equals(size) ? null : size;
            figures = Figures.UNKNOWN.equals(figures) ? null : figures;
        }

        /** An accuracy over the runs; NaN where it is not known. */
        public Spread accuracy(Measure measure) {
            return known(figures == null ? null : figures.accuracy(measure));
        }

        /** Seconds of the runs' median epochs; NaN where they are not known. */
        public Spread secondsPerEpoch() {
            return known(figures == null ? null : figures.secondsPerEpoch);
        }

        private static Spread known(Spread spread) {
            return spread == null ? Spread.UNKNOWN : spread;
        }
    }

    /** Numbers in a network, and those of them that gradient descent changes. */
    @JsonInclude(Include.NON_NULL)
    public record Size(Long parameters, Long trainedParameters) {
        private static final Size UNKNOWN = new Size(null, null);
    }

    /**
     * What a variant's runs came to.
     *
     * @param testAccuracy null where there is no test set
     */
    @JsonInclude(Include.NON_NULL)
    public record Figures(
            Spread bestAccuracy,
            Spread finalAccuracy,
            @JsonInclude(Include.ALWAYS) Spread testAccuracy,
            Spread secondsPerEpoch) {
        private static final Figures UNKNOWN = new Figures(null, null, null, null);

        private Spread accuracy(Measure measure) {
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
     * @param folder relative to the comparison's
     * @param epochs finished
     * @param bestAccuracy of the best epoch, on the set that chose it
     * @param finalAccuracy of the last epoch, on the set that chooses the best
     * @param finalLoss likewise
     * @param testAccuracy of the best epoch, on the test set
     * @param testLoss likewise
     * @param secondsPerEpoch the median epoch's, evaluation included
     * @param imagesPerSecond the median epoch's, of the training part
     * @param epochsTo by threshold the first epoch with at least that accuracy; null where there is none
     */
    public record Run(
            Long seed,
            String folder,
            Integer epochs,
            double bestAccuracy,
            Integer bestEpoch,
            double finalAccuracy,
            double finalLoss,
            double testAccuracy,
            double testLoss,
            double secondsPerEpoch,
            double imagesPerSecond,
            Long peakMemoryBytes,
            Map<String, Integer> epochsTo,
            List<Point> curve) {
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
     * How far two variants are apart: see {@link Difference}.
     *
     * @param measure the name of the figure that is compared
     * @param pairs seeds that both have finished
     * @param difference the mean of a - b
     * @param confidence the mean's 95 % confidence interval, from low to high; null where no test applies
     * @param text what can be said of it, as a sentence
     */
    public record Pairs(
            String a,
            String b,
            String measure,
            Integer pairs,
            double difference,
            @JsonProperty("confidence_95") List<Double> confidence,
            double t,
            double p,
            double pAdjusted,
            boolean significant,
            String text) {
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
