package dynafilter.report;

import dynafilter.report.figure.Example;
import dynafilter.report.figure.Findings;
import dynafilter.runfolder.EpochResult;
import dynafilter.train.Evaluation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The numbers of a run's report, for programs: {@code json.md} describes them. */
public final class RunNumbers {
    /** Of all reports' numbers. */
    public static final String FORMAT = "dynafilter-report/1";

    private RunNumbers() {}

    /**
     * @param findings as the page has them; null without
     * @param missing why there are none
     */
    public static Map<String, Object> of(RunFacts run, Findings findings, String missing) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("format", FORMAT);
        json.put("kind", "run");
        json.put("run", run.directory().path().toString());
        json.put("selected_on", run.selection());
        json.put("epochs", run.history().size());
        json.put("best", run.best().map(RunNumbers::epoch).orElse(null));
        json.put("seconds", run.seconds());
        for (String section : List.of("recipe", "data", "network", "environment")) {
            json.put(section, run.config().get(section));
        }
        json.put("curve", run.history().stream().map(RunNumbers::epoch).toList());
        json.put("test", findings == null ? null : test(findings));
        json.put("missing", findings == null ? missing : null);
        return json;
    }

    private static Map<String, Object> epoch(EpochResult result) {
        Map<String, Object> epoch = new LinkedHashMap<>();
        epoch.put("epoch", result.epoch());
        epoch.put("step", result.step());
        epoch.put("learning_rate", finite(result.learningRate()));
        epoch.put("train_loss", finite(result.trainLoss()));
        epoch.put("train_accuracy", finite(result.trainAccuracy()));
        epoch.put("loss", finite(result.loss()));
        epoch.put("accuracy", finite(result.accuracy()));
        epoch.put("seconds", finite(result.seconds()));
        epoch.put("images_per_second", finite(result.imagesPerSecond()));
        return epoch;
    }

    private static Map<String, Object> test(Findings findings) {
        Evaluation evaluation = findings.evaluation();
        Map<String, Object> test = new LinkedHashMap<>();
        test.put("accuracy", evaluation.accuracy());
        test.put("loss", finite(evaluation.loss()));
        test.put("images", evaluation.images());
        test.put(
                "data",
                Map.of("name", findings.data(), "sha256", findings.sha256(), "evaluated", findings.evaluated()));
        test.put("classes", findings.classes());
        test.put(
                "per_class_accuracy",
                Arrays.stream(evaluation.perClassAccuracy())
                        .mapToObj(RunNumbers::finite)
                        .toArray());
        test.put("confusion", evaluation.confusion());
        test.put("filter_similarity", findings.similarity());
        test.put(
                "examples",
                findings.examples().stream().map(RunNumbers::example).toList());
        return test;
    }

    private static Map<String, Object> example(Example example) {
        List<Map<String, Object>> highest = new ArrayList<>();
        for (int label : example.highest()) {
            Map<String, Object> score = new LinkedHashMap<>();
            score.put("label", label);
            score.put("score", example.score(label));
            score.put("probability", example.probability(label));
            highest.add(score);
        }
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("index", example.index());
        json.put("label", example.label());
        json.put("highest", highest);
        return json;
    }

    /** JSON has no NaN. */
    private static Double finite(double value) {
        return Double.isFinite(value) ? (Double) value : null;
    }
}
