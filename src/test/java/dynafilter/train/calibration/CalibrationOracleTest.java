package dynafilter.train.calibration;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dynafilter.Python;
import dynafilter.model.Calibration;
import dynafilter.model.Scores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Temperature, errors, threshold and detection are those of PyTorch's LBFGS, NumPy and scikit-learn. */
class CalibrationOracleTest {
    private static final double ACCEPTED = 0.95;

    private static final String SCRIPT = """
            import json, sys
            import numpy as np, torch
            from sklearn.metrics import roc_auc_score, roc_curve

            def ece(p, right):  # Guo et al.: 15 bins of equal width, the upper edge belongs to a bin
                error, edges = 0.0, np.arange(16) / 15
                for low, high in zip(edges[:-1], edges[1:]):
                    inside = (p > low) & (p <= high)
                    if inside.any():
                        error += inside.mean() * abs(right[inside].mean() - p[inside].mean())
                return error

            def detect(known, unknown):
                truth = np.r_[np.ones(len(known)), np.zeros(len(unknown))]
                score = np.r_[known, unknown]
                fpr, tpr, _ = roc_curve(truth, score, drop_intermediate=False)
                return [roc_auc_score(truth, score), fpr[np.argmax(tpr >= 0.95)]]

            results = []
            for case in json.load(open(sys.argv[1])):
                z = torch.tensor(case["scores"], dtype=torch.float32).double()
                y = torch.tensor(case["labels"])
                log_t = torch.zeros(1, dtype=torch.double, requires_grad=True)
                optimizer = torch.optim.LBFGS([log_t], lr=0.5, max_iter=500, tolerance_grad=1e-14, tolerance_change=1e-16,
                                              line_search_fn="strong_wolfe")
                def closure():
                    optimizer.zero_grad()
                    loss = torch.nn.functional.cross_entropy(z / log_t.exp(), y)
                    loss.backward()
                    return loss
                optimizer.step(closure)
                t = log_t.exp().item()
                right = (z.argmax(1) == y).numpy()
                before, after = [torch.softmax(z / s, 1).max(1).values.numpy() for s in (1, t)]
                sure = np.sort(after[right])
                threshold = sure[int(np.floor(len(sure) * 5 / 100))]
                u = torch.tensor(case["unknown"], dtype=torch.float32).double()
                unknown = torch.softmax(u / t, 1).max(1).values.numpy()
                results.append({
                    "temperature": t,
                    "loss": [torch.nn.functional.cross_entropy(z / s, y).item() for s in (1, t)],
                    "ece": [ece(before, right), ece(after, right)],
                    "threshold": threshold,
                    "rejected": (after < threshold).mean(),
                    "probability": detect(after, unknown),
                    "logit": detect(z.max(1).values.numpy(), u.max(1).values.numpy()),
                    "energy": detect(torch.logsumexp(z, 1).numpy(), torch.logsumexp(u, 1).numpy()),
                })
            print(json.dumps(results))
            """;

    @TempDir
    private Path folder;

    /**
     * Scores in the form of a network's.
     *
     * @param strength how surely it scores
     * @param step that scores are rounded to, so that some are equal; 0: they are not
     */
    private static List<Scores> scores(Random random, int[] labels, int classes, double strength, double step) {
        List<Scores> all = new ArrayList<>();
        for (int label : labels) {
            float[] logits = new float[classes];
            for (int k = 0; k < classes; k++) {
                double logit = strength * (random.nextGaussian() + (k == label ? 1.7 : 0));
                logits[k] = (float) (step == 0 ? logit : Math.rint(logit / step) * step);
            }
            all.add(new Scores(logits));
        }
        return all;
    }

    private static int[] labels(Random random, int count, int classes) {
        return random.ints(count, 0, classes).toArray();
    }

    private record Case(LabelledScores known, List<Scores> unknown) {
        static Case of(int seed, int images, int classes, double strength, double step) {
            Random random = new Random(seed);
            int[] labels = labels(random, images, classes);
            int[] none = random.ints(images / 2 + 3, -1, 0).toArray();
            return new Case(
                    new LabelledScores(scores(random, labels, classes, strength, step), labels),
                    scores(random, none, classes, 0.9 * strength, step));
        }

        Map<String, Object> json() {
            return Map.of(
                    "scores", known.scores().stream().map(Scores::logits).toList(),
                    "labels", known.labels(),
                    "unknown", unknown.stream().map(Scores::logits).toList());
        }
    }

    private static void assertDetection(JsonNode expected, Detection found) {
        assertEquals(expected.get(0).asDouble(), found.auroc(), 1e-12);
        assertEquals(expected.get(1).asDouble(), found.fprAt95Tpr(), 1e-12);
    }

    @Test
    void everyNumberIsPythons() throws IOException {
        List<Case> cases = List.of(
                Case.of(1, 3000, 10, 6, 0), // far too sure
                Case.of(2, 2000, 10, 0.4, 0), // not sure enough
                Case.of(3, 1500, 2, 1.3, 0),
                Case.of(4, 500, 100, 2, 0),
                Case.of(5, 1000, 10, 2, 0.5), // many equal scores
                Case.of(6, 25, 3, 3, 0));
        Path file = folder.resolve("cases.json");
        new ObjectMapper()
                .writeValue(
                        Files.newBufferedWriter(file),
                        cases.stream().map(Case::json).toList());
        JsonNode all = new ObjectMapper()
                .readTree(Python.withModules("torch", "sklearn").run(SCRIPT, file));
        for (int i = 0; i < cases.size(); i++) {
            JsonNode expected = all.get(i);
            LabelledScores known = cases.get(i).known();
            double temperature = CalibrationFit.temperature(known).orElseThrow();
            assertEquals(1, temperature / expected.get("temperature").asDouble(), 1e-6, "temperature of case " + i);
            double threshold = CalibrationFit.threshold(known, temperature, ACCEPTED);
            assertEquals(expected.get("threshold").asDouble(), threshold, 1e-6);
            Calibration calibration = new Calibration(temperature, threshold);
            CalibrationTest test = CalibrationTest.of(known, calibration);
            assertEquals(expected.at("/loss/0").asDouble(), test.before().loss(), 1e-12);
            assertEquals(expected.at("/loss/1").asDouble(), test.after().loss(), 1e-12);
            assertEquals(expected.at("/ece/0").asDouble(), test.before().ece(), 1e-12);
            assertEquals(expected.at("/ece/1").asDouble(), test.after().ece(), 1e-6);
            assertEquals(expected.get("rejected").asDouble(), test.rejected(), 1e-12);
            UnknownTest unknown = UnknownTest.of(known.scores(), cases.get(i).unknown(), calibration);
            assertDetection(expected.get("probability"), unknown.probability());
            assertDetection(expected.get("logit"), unknown.logit());
            assertDetection(expected.get("energy"), unknown.energy());
        }
    }
}
