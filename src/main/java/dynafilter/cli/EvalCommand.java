package dynafilter.cli;

import dynafilter.checkpoint.TorchFile;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.DataSet;
import dynafilter.data.DataSource;
import dynafilter.data.DeviceImages;
import dynafilter.data.ImageSet;
import dynafilter.runtime.Precision;
import dynafilter.train.Evaluation;
import dynafilter.train.Evaluator;
import dynafilter.train.Recipe;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** {@code eval}: how well a trained network does on a test set. */
final class EvalCommand implements Command {
    @Override
    public String name() {
        return "eval";
    }

    @Override
    public String summary() {
        return "accuracy, loss, per-class accuracy and confusion matrix of a trained network on a test set";
    }

    @Override
    public Options options() {
        Options options = new Options()
                .addOption(ModelOption.model(ModelOption.ANY_KIND))
                .addOption(CommonOptions.valued("data", "DIR|sample", "the data set [" + Recipe.DEFAULT.data() + "]"))
                .addOption(CommonOptions.valued("limit-test", "N", "only the first N test images; 0: all [0]"))
                .addOption(CommonOptions.valued("precision", "P", "fp32, tf32 (CUDA) or bf16 (autocast) [fp32]"))
                .addOption(CommonOptions.valued(
                        "scores", "FILE", "write all scores and labels as torch.save would, for Python"))
                .addOption(CommonOptions.json("write the result as JSON"));
        return CommonOptions.addCompute(options);
    }

    @Override
    public List<String> examples() {
        return List.of(
                "eval --model checkpoints/RUN/best.pt",
                "eval --model checkpoints/RUN/best.pt --scores scores.pt",
                "eval --model checkpoints/RUN/best.pt --data data/cifar-10-batches-bin --json result.json");
    }

    @Override
    public int run(CommandLine line, Interruption interruption) {
        CommonOptions.refuseArguments(line, name());
        Path model = ModelOption.file(line);
        int limit = CommonOptions.integer(line, "limit-test", 0, Integer.MAX_VALUE, 0);
        Precision precision = Precision.of(line.getOptionValue("precision", "fp32"));
        Path json = JsonOutput.file(line);
        Path scoresFile = CommonOptions.output(line, "scores");
        Session session = Session.open(line, OptionalInt.empty());
        precision.apply();
        try (PointerScope scope = new PointerScope();
                TrainedNetwork trained = TrainedNetwork.read(model, session.device());
                DataSet set = DataSource.open(line.getOptionValue("data", Recipe.DEFAULT.data()))) {
            ModelOption.requireSameClasses(model, trained, set);
            try (ImageSet test = set.test().limit(limit == 0 ? set.test().size() : limit);
                    DeviceImages images = new DeviceImages(test, session.device(), false)) {
                Logging.log().info("model      {}: {}", model, trained.description());
                Logging.log().info("data       {}: {} test images", set.name(), test.size());
                Tensor scores = new Evaluator(precision, session.device()).scores(trained.classifier(), images);
                Evaluation evaluation = Evaluator.evaluation(scores, images.labels());
                print(evaluation, set.classes());
                if (scoresFile != null) {
                    TorchFile.write(scoresFile, Map.of("scores", scores, "labels", images.labels()));
                }
                JsonOutput.write(json, json(model, set, evaluation, session));
            }
        }
        return ExitCode.DONE;
    }

    private static void print(Evaluation evaluation, List<String> classes) {
        StringBuilder text = new StringBuilder();
        text.append(String.format(
                Locale.ROOT,
                "accuracy   %.2f %% of %,d images, loss %.4f%n%n",
                100 * evaluation.accuracy(),
                evaluation.images(),
                evaluation.loss()));
        int width = classes.stream().mapToInt(String::length).max().orElse(0);
        double[] accuracy = evaluation.perClassAccuracy();
        text.append(String.format(Locale.ROOT, "%" + width + "s  accuracy   predicted as%n", "true class"));
        text.append(" ".repeat(width + 12));
        classes.forEach(name -> text.append(String.format(Locale.ROOT, " %6.6s", name)));
        for (int label = 0; label < accuracy.length; label++) {
            text.append(String.format(
                    Locale.ROOT, "%n%" + width + "s  %6.2f %%  ", classes.get(label), 100 * accuracy[label]));
            for (long count : evaluation.confusion()[label]) {
                text.append(String.format(Locale.ROOT, " %6d", count));
            }
        }
        System.out.println(text);
    }

    private static Map<String, Object> json(Path model, DataSet set, Evaluation evaluation, Session session) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("accuracy", evaluation.accuracy());
        json.put("loss", evaluation.loss());
        json.put("images", evaluation.images());
        json.put("classes", set.classes());
        json.put(
                "per_class_accuracy",
                Arrays.stream(evaluation.perClassAccuracy())
                        .mapToObj(value -> Double.isNaN(value) ? null : value) // JSON has no NaN
                        .toArray());
        json.put("confusion", evaluation.confusion());
        json.put("model", model.toString());
        json.put("data", Map.of("name", set.name(), "sha256", set.sha256()));
        json.put("environment", session.environment());
        return json;
    }
}
