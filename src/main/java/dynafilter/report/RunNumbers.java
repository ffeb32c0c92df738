package dynafilter.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import dynafilter.report.figure.Example;
import dynafilter.report.figure.FilterVariation;
import dynafilter.report.figure.Findings;
import dynafilter.runfolder.Environment;
import dynafilter.runfolder.EpochResult;
import dynafilter.runfolder.RunConfig;
import dynafilter.runfolder.ZeroShot;
import dynafilter.train.Evaluation;
import dynafilter.train.TestedData;
import dynafilter.train.calibration.CalibrationTest;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of a run's report, for programs: {@code json.md} describes them. The sections from the recipe to the environment are
 * those of config.json; null: it does not have them.
 *
 * @param selectedOn the set that chooses the best epoch: "test" or "validation"
 * @param epochs the number of finished epochs
 * @param best the best epoch; null before the first is finished
 * @param test the best network on the test images; null: it was not evaluated
 * @param missing the reason why it was not evaluated; null: it was
 */
public record RunNumbers(
        String format,
        String kind,
        String run,
        String selectedOn,
        int epochs,
        @Nullable Epoch best,
        double seconds,
        @Nullable Map<String, Object> recipe,
        RunConfig.@Nullable Data data,
        RunConfig.@Nullable Network network,
        @Nullable Environment environment,
        List<Epoch> curve,
        @Nullable Test test,
        @Nullable String missing) {
    /** The format of the numbers of all reports. */
    public static final String FORMAT = "dynafilter-report/1";

    /** An epoch: see {@link EpochResult}. */
    public record Epoch(
            int epoch,
            long step,
            double learningRate,
            double trainLoss,
            double trainAccuracy,
            double loss,
            double accuracy,
            double seconds,
            double imagesPerSecond) {
        private static Epoch of(EpochResult result) {
            return new Epoch(
                    result.epoch(),
                    result.step(),
                    result.learningRate(),
                    result.trainLoss(),
                    result.trainAccuracy(),
                    result.loss(),
                    result.accuracy(),
                    result.seconds(),
                    result.imagesPerSecond());
        }
    }

    /**
     * The best network on the test images.
     *
     * @param perClassAccuracy NaN for a class without images
     * @param confusion counts of [true class][predicted class]
     * @param filterSimilarity cosines of the angles between filters, [K][K]
     * @param filterVariation how far the filters follow the image; null: they are the same for all images
     * @param zeroShot the accuracies on labels that training held out; null: it held out none
     * @param calibration what the network's calibration does to these images; null: it has none
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    public record Test(
            double accuracy,
            double loss,
            long images,
            TestedData data,
            List<String> classes,
            List<Double> perClassAccuracy,
            long[][] confusion,
            double[][] filterSimilarity,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            FilterVariation filterVariation,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            ZeroShot zeroShot,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            CalibrationTest calibration,

            List<Shown> examples) {
        private static Test of(Findings findings) {
            Evaluation evaluation = findings.evaluation();
            return new Test(
                    evaluation.accuracy(),
                    evaluation.loss(),
                    evaluation.images(),
                    new TestedData(findings.data(), findings.sha256(), findings.evaluated()),
                    findings.classes(),
                    Arrays.stream(evaluation.perClassAccuracy()).boxed().toList(),
                    evaluation.confusion(),
                    findings.similarity(),
                    findings.variation(),
                    findings.zeroShot(),
                    findings.calibration(),
                    findings.examples().stream().map(Shown::of).toList());
        }
    }

    /** An image that the page shows, and its highest scores. */
    public record Shown(long index, int label, List<Score> highest) {
        private static Shown of(Example example) {
            return new Shown(
                    example.index(),
                    example.label(),
                    example.highest().stream()
                            .map(label -> new Score(label, example.score(label), example.probability(label)))
                            .toList());
        }
    }

    /** A label's score of an image. */
    public record Score(int label, double score, double probability) {}

    /**
     * The numbers of a run.
     *
     * @param findings of its best network on the test set; null: there are none
     * @param missing the reason why there are none
     */
    public static RunNumbers of(RunFacts run, @Nullable Findings findings, String missing) {
        RunConfig config = run.config();
        return new RunNumbers(
                FORMAT,
                "run",
                run.directory().path().toString(),
                run.selection(),
                run.history().size(),
                run.best().map(Epoch::of).orElse(null),
                run.seconds(),
                config.recipe(),
                config.data(),
                config.network(),
                config.environment(),
                run.history().stream().map(Epoch::of).toList(),
                findings == null ? null : Test.of(findings),
                findings == null ? missing : null);
    }
}
