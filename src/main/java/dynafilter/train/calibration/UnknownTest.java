package dynafilter.train.calibration;

import com.fasterxml.jackson.annotation.JsonInclude;
import dynafilter.model.Calibration;
import dynafilter.model.Scores;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * What a network makes of images that are of none of its labels, beside images that are.
 *
 * @param images the number of images of no label
 * @param rejected the share of them that are rejected, in [0, 1]; null: the network has no threshold
 * @param probability the detection by the highest probability at the network's temperature, by which pictures are rejected
 * @param logit by the highest score (Hendrycks et al. 2022)
 * @param energy by log(sum(exp(score))), the negative energy (Liu et al. 2020)
 */
public record UnknownTest(
        long images,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Double rejected,
        Detection probability,
        Detection logit,
        Detection energy) {
    /** The test of images of no label against images of known ones. */
    public static UnknownTest of(List<Scores> known, List<Scores> unknown, Calibration calibration) {
        double temperature = calibration.temperature();
        ToDoubleFunction<Scores> confidence = scores -> LabelledScores.confidence(scores, temperature);
        long rejected = unknown.stream()
                .filter(scores -> calibration.rejects(confidence.applyAsDouble(scores)))
                .count();
        return new UnknownTest(
                unknown.size(),
                calibration.canReject() ? (double) rejected / unknown.size() : null,
                detection(known, unknown, confidence),
                detection(known, unknown, scores -> scores.logits()[scores.predicted()]),
                detection(known, unknown, scores -> LabelledScores.logSumExp(scores, 1)));
    }

    private static Detection detection(List<Scores> known, List<Scores> unknown, ToDoubleFunction<Scores> number) {
        return Detection.of(
                known.stream().mapToDouble(number).toArray(),
                unknown.stream().mapToDouble(number).toArray());
    }

    /** The test in a line, for people. */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "unknown    %,d images%s, AUROC %.4f, FPR at 95 %% TPR %.2f %%; by highest score %.4f, %.2f %%; by energy %.4f, %.2f %%",
                images,
                rejected == null ? "" : String.format(Locale.ROOT, ", %.2f %% rejected", 100 * rejected),
                probability.auroc(),
                100 * probability.fprAt95Tpr(),
                logit.auroc(),
                100 * logit.fprAt95Tpr(),
                energy.auroc(),
                100 * energy.fprAt95Tpr());
    }
}
