package dynafilter.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.DataSet;
import dynafilter.data.LabelSplit;
import dynafilter.data.device.DataMemory;
import dynafilter.model.Scores;
import dynafilter.model.Views;
import dynafilter.run.Interruption;
import dynafilter.run.Logging;
import dynafilter.run.Session;
import dynafilter.runfolder.Environment;
import dynafilter.runfolder.ZeroShot;
import dynafilter.runtime.Precision;
import dynafilter.torchfile.TorchFile;
import dynafilter.train.ClassMetrics;
import dynafilter.train.Evaluation;
import dynafilter.train.Evaluator;
import dynafilter.train.TestedData;
import dynafilter.train.calibration.CalibrationTest;
import dynafilter.train.calibration.UnknownTest;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.Nullable;

/** The command {@code eval}: evaluates a trained network on a test set. */
final class EvalCommand implements Command {
    private static final int TOP_K = 5;

    /**
     * The document of {@code --json}.
     *
     * @param perClassAccuracy by label; NaN for a class without images
     * @param topK the number of the highest scores that are asked for
     * @param topAccuracy the share of the images whose class is among them
     * @param precision by label; 0 for a class that no image is put into; likewise {@code recall} and {@code f1}
     * @param macro means over the classes
     * @param weighted means over the images' classes
     * @param confusion counts of [true class][predicted class]
     * @param tta the views of each image whose scores were averaged
     * @param zeroShot the accuracies on labels that training held out; null: it held out none, or the data set lacks some
     * @param calibration what the network's calibration does to the images; null: it has none
     * @param unknown what the network makes of images of no label; null: none were given
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    private record Result(
            double accuracy,
            double loss,
            long images,
            List<String> classes,
            List<Double> perClassAccuracy,
            int topK,
            double topAccuracy,
            double[] precision,
            double[] recall,
            double[] f1,
            ClassMetrics.Means macro,
            ClassMetrics.Means weighted,
            long[][] confusion,
            Path model,
            String tta,
            TestedData data,
            Environment environment,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            ZeroShot zeroShot,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            CalibrationTest calibration,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            UnknownTest unknown) {}

    @Override
    public String name() {
        return "eval";
    }

    @Override
    public String summary() {
        return "accuracy, loss, precision, recall, F1 and confusion matrix of a trained network on a test set";
    }

    @Override
    public Options options() {
        Options options = new Options()
                .addOption(ModelOption.model(ModelOption.ANY_KIND))
                .addOption(ModelData.option())
                .addOption(DataOption.skipBad())
                .addOption(DataOption.noExif())
                .addOption(DataOption.dataMemory())
                .addOption(CommonOptions.valued(
                        "limit-test",
                        "N",
                        "only the first N test images (of folders: of each class in turn); 0: all [0]"))
                .addOption(CommonOptions.precision())
                .addOption(ViewsOption.option())
                .addOption(CommonOptions.valued(
                        "top-k", "K", "tell how often the true class is among the K highest scores [" + TOP_K + "]"))
                .addOption(CommonOptions.valued(
                        "scores", "FILE", "write all scores and labels as torch.save would, for Python"))
                .addOption(MistakesOutput.option())
                .addOption(UnknownImages.option())
                .addOption(CommonOptions.json("write the result as JSON"));
        return CommonOptions.addCompute(options);
    }

    @Override
    public List<String> examples() {
        return List.of(
                "eval --model checkpoints/RUN/best.pt",
                "eval --model checkpoints/RUN/best.pt --tta mirror",
                "eval --model checkpoints/RUN/best.pt --mistakes mistakes.html",
                "eval --model checkpoints/RUN/best.pt --scores scores.pt",
                "eval --model checkpoints/RUN/best.pt --data pictures --json result.json");
    }

    @Override
    public int run(CommandLine line, Interruption interruption) {
        CommonOptions.refuseArguments(line, name());
        Path model = ModelOption.file(line);
        int limit = CommonOptions.integer(line, "limit-test", 0, Integer.MAX_VALUE, 0);
        int topK = CommonOptions.integer(line, "top-k", 1, Integer.MAX_VALUE, TOP_K);
        Precision precision = CommonOptions.precision(line);
        DataMemory memory = DataOption.dataMemory(line);
        Views views = ViewsOption.of(line);
        Path unknown = UnknownImages.folder(line);
        JsonOutput json = JsonOutput.of(line);
        Path scoresFile = CommonOptions.output(line, "scores");
        MistakesOutput mistakes = MistakesOutput.of(line);
        Session session = Session.open(CommonOptions.device(line), null);
        session.use(precision);
        try (PointerScope scope = new PointerScope();
                TrainedNetwork trained = TrainedNetwork.read(model, session.device());
                LabelSplit data = ModelData.openParted(line, model, trained)) {
            if (unknown != null) {
                UnknownImages.requireNoLabelHeldOut(data);
            }
            Logging.log().info("model      {}: {}", model, trained.description());
            session.allowInstructions(trained, precision);
            // First, so that a picture that cannot be read ends the command before it has anything to lose.
            List<Scores> unknownScores = unknown == null
                    ? null
                    : UnknownImages.scores(
                            unknown,
                            line,
                            trained,
                            views.of(trained.classifier()),
                            new Evaluator(precision, session.device()),
                            session);
            TestedModel.Settings settings = new TestedModel.Settings(limit, memory, views, precision);
            try (TestedModel tested = settings.test(trained, data, session)) {
                Evaluation evaluation = Evaluator.evaluation(tested.scores(), tested.labels());
                double top = Evaluator.topAccuracy(tested.scores(), tested.labels(), topK);
                String above = topK < evaluation.classes() // of all it would say nothing
                        ? String.format(Locale.ROOT, "top-%-6d %.2f %%%n", topK, 100 * top)
                        : "";
                System.out.println(new EvaluationTable(evaluation, tested.classes(), above));
                if (tested.zeroShot() != null) {
                    System.out.println();
                    tested.zeroShot().lines().forEach(System.out::println);
                }
                ProbabilityTests tests = ProbabilityTests.of(unknownScores, trained, tested);
                tests.lines().forEach(System.out::println);
                if (scoresFile != null) {
                    TorchFile.write(scoresFile, Map.of("scores", tested.scores(), "labels", tested.labels()));
                }
                if (mistakes != null) {
                    mistakes.write(tested, trained);
                }
                json.write(result(model, views, data.seen(), tested, evaluation, topK, top, tests, session));
            }
        }
        return ExitCode.DONE;
    }

    private static Result result(
            Path model,
            Views views,
            DataSet set,
            TestedModel tested,
            Evaluation evaluation,
            int topK,
            double top,
            ProbabilityTests tests,
            Session session) {
        ClassMetrics metrics = ClassMetrics.of(evaluation);
        return new Result(
                evaluation.accuracy(),
                evaluation.loss(),
                evaluation.images(),
                tested.classes(),
                Arrays.stream(evaluation.perClassAccuracy()).boxed().toList(),
                topK,
                top,
                metrics.precision(),
                metrics.recall(),
                metrics.f1(),
                metrics.macro(),
                metrics.weighted(),
                evaluation.confusion(),
                model,
                views.toString(),
                new TestedData(set.name(), set.sha256(), tested.evaluated()),
                session.environment(),
                tested.zeroShot(),
                tests.calibration(),
                tests.unknown());
    }
}
