package dynafilter.cli;

import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.DataSet;
import dynafilter.data.device.DataMemory;
import dynafilter.data.device.DeviceImages;
import dynafilter.model.Views;
import dynafilter.run.Interruption;
import dynafilter.run.Logging;
import dynafilter.run.Session;
import dynafilter.runfolder.Environment;
import dynafilter.runtime.Precision;
import dynafilter.torchfile.TorchFile;
import dynafilter.train.Evaluation;
import dynafilter.train.Evaluator;
import dynafilter.train.HeldOut;
import dynafilter.train.TestedData;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** The command {@code eval}: evaluates a trained network on a test set. */
final class EvalCommand implements Command {
    /**
     * The document of {@code --json}.
     *
     * @param perClassAccuracy by label; NaN for a class without images
     * @param confusion counts of [true class][predicted class]
     * @param tta the views of each image whose scores were averaged
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    private record Result(
            double accuracy,
            double loss,
            long images,
            List<String> classes,
            List<Double> perClassAccuracy,
            long[][] confusion,
            Path model,
            String tta,
            TestedData data,
            Environment environment) {}

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
                .addOption(ModelData.option())
                .addOption(DataOption.skipBad())
                .addOption(DataOption.noExif())
                .addOption(DataOption.dataMemory())
                .addOption(CommonOptions.valued(
                        "limit-test",
                        "N",
                        "only the first N test images (of folders: of each class in turn); 0: all [0]"))
                .addOption(CommonOptions.valued("precision", "P", "fp32, tf32 (CUDA) or bf16 (autocast) [fp32]"))
                .addOption(ViewsOption.option())
                .addOption(CommonOptions.valued(
                        "scores", "FILE", "write all scores and labels as torch.save would, for Python"))
                .addOption(CommonOptions.json("write the result as JSON"));
        return CommonOptions.addCompute(options);
    }

    @Override
    public List<String> examples() {
        return List.of(
                "eval --model checkpoints/RUN/best.pt",
                "eval --model checkpoints/RUN/best.pt --tta mirror",
                "eval --model checkpoints/RUN/best.pt --scores scores.pt",
                "eval --model checkpoints/RUN/best.pt --data pictures --json result.json");
    }

    @Override
    public int run(CommandLine line, Interruption interruption) {
        CommonOptions.refuseArguments(line, name());
        Path model = ModelOption.file(line);
        int limit = CommonOptions.integer(line, "limit-test", 0, Integer.MAX_VALUE, 0);
        Precision precision = Precision.of(line.getOptionValue("precision", "fp32"));
        DataMemory memory = DataOption.dataMemory(line);
        Views views = ViewsOption.of(line);
        JsonOutput json = JsonOutput.of(line);
        Path scoresFile = CommonOptions.output(line, "scores");
        Session session = Session.open(CommonOptions.device(line), null);
        session.use(precision);
        try (PointerScope scope = new PointerScope();
                TrainedNetwork trained = TrainedNetwork.read(model, session.device());
                DataSet set = ModelData.open(line, model, trained)) {
            try (HeldOut heldOut = HeldOut.of(set, trained.training(), limit);
                    DeviceImages images = heldOut.onDevice(session.device(), memory)) {
                Logging.log().info("model      {}: {}", model, trained.description());
                Logging.log().info("data       {}: {} {}", set.name(), heldOut.size(), heldOut.name());
                Tensor scores =
                        new Evaluator(precision, session.device()).scores(views.of(trained.classifier()), images);
                Evaluation evaluation = Evaluator.evaluation(scores, images.labels());
                System.out.println(new EvaluationTable(evaluation, set.classes()));
                if (scoresFile != null) {
                    TorchFile.write(scoresFile, Map.of("scores", scores, "labels", images.labels()));
                }
                json.write(result(model, views, set, heldOut, evaluation, session));
            }
        }
        return ExitCode.DONE;
    }

    private static Result result(
            Path model, Views views, DataSet set, HeldOut heldOut, Evaluation evaluation, Session session) {
        return new Result(
                evaluation.accuracy(),
                evaluation.loss(),
                evaluation.images(),
                set.classes(),
                Arrays.stream(evaluation.perClassAccuracy()).boxed().toList(),
                evaluation.confusion(),
                model,
                views.toString(),
                new TestedData(set.name(), set.sha256(), heldOut.name()),
                session.environment());
    }
}
