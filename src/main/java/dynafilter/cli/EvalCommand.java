package dynafilter.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.DataSet;
import dynafilter.data.ImageSet;
import dynafilter.data.LabelSplit;
import dynafilter.data.device.DataMemory;
import dynafilter.data.device.DeviceImages;
import dynafilter.model.Views;
import dynafilter.run.Interruption;
import dynafilter.run.Logging;
import dynafilter.run.Session;
import dynafilter.runfolder.Environment;
import dynafilter.runfolder.ZeroShot;
import dynafilter.runtime.Precision;
import dynafilter.torchfile.TorchFile;
import dynafilter.train.Evaluation;
import dynafilter.train.Evaluator;
import dynafilter.train.HeldOut;
import dynafilter.train.TestedData;
import dynafilter.train.ZeroShotScores;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** The command {@code eval}: evaluates a trained network on a test set. */
final class EvalCommand implements Command {
    /**
     * The document of {@code --json}.
     *
     * @param perClassAccuracy by label; NaN for a class without images
     * @param confusion counts of [true class][predicted class]
     * @param tta the views of each image whose scores were averaged
     * @param zeroShot the accuracies on labels that training held out; null: it held out none, or the data set lacks some
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
            Environment environment,
            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable ZeroShot zeroShot) {}

    /**
     * The evaluation of a network.
     *
     * @param classes the names of the labels, in the order of the scores
     * @param scores [N, classes]
     * @param labels [N]
     * @param zeroShot null: no labels were held out, or the data set lacks some
     */
    private record Tested(
            List<String> classes,
            Tensor scores,
            Tensor labels,
            String evaluated,
            @Nullable ZeroShot zeroShot) {}

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
                LabelSplit data = ModelData.openParted(line, model, trained)) {
            Logging.log().info("model      {}: {}", model, trained.description());
            Evaluator evaluator = new Evaluator(precision, session.device());
            Tested tested = data.unseen() == null
                    ? tested(trained, data.seen(), limit, memory, views, evaluator, session)
                    : zeroShot(trained, data, limit, memory, views, evaluator, session);
            Evaluation evaluation = Evaluator.evaluation(tested.scores, tested.labels);
            System.out.println(new EvaluationTable(evaluation, tested.classes));
            if (tested.zeroShot != null) {
                System.out.println();
                tested.zeroShot.lines().forEach(System.out::println);
            }
            if (scoresFile != null) {
                TorchFile.write(scoresFile, Map.of("scores", tested.scores, "labels", tested.labels));
            }
            json.write(result(model, views, data.seen(), tested, evaluation, session));
        }
        return ExitCode.DONE;
    }

    private static Tested tested(
            TrainedNetwork trained,
            DataSet set,
            int limit,
            DataMemory memory,
            Views views,
            Evaluator evaluator,
            Session session) {
        try (HeldOut heldOut = HeldOut.of(set, trained.training(), limit);
                DeviceImages images = heldOut.onDevice(session.device(), memory)) {
            tell(set, heldOut.size(), heldOut.name());
            return new Tested(
                    set.classes(),
                    evaluator.scores(views.of(trained.classifier()), images),
                    images.labels().clone(),
                    heldOut.name(),
                    null);
        }
    }

    /** Tests with the labels that training held out behind the network's own, on the images of all. */
    private static Tested zeroShot(
            TrainedNetwork trained,
            LabelSplit data,
            int limit,
            DataMemory memory,
            Views views,
            Evaluator evaluator,
            Session session) {
        ImageSet further = Objects.requireNonNull(data.unseen(), "a set that is parted");
        try (TrainedNetwork all = trained.withUnseen(session.device());
                HeldOut heldOut = HeldOut.of(data.seen(), trained.training(), limit);
                DeviceImages seen = heldOut.onDevice(session.device(), memory);
                ImageSet some = further.limit(limit == 0 ? further.size() : limit);
                DeviceImages unseen = new DeviceImages(some, session.device(), false)) {
            String name = heldOut.name() + ", and " + some.size() + " of labels that training held out";
            tell(data.seen(), heldOut.size(), name);
            ZeroShotScores scores = ZeroShotScores.of(
                    evaluator,
                    views.of(all.classifier()),
                    all.classes(),
                    new ZeroShotScores.Named(seen, data.seen().classes()),
                    new ZeroShotScores.Named(unseen, further.classes()));
            return new Tested(
                    all.classes(),
                    scores.scores(),
                    scores.truth(),
                    name,
                    scores.accuracies(all.unseen().orElseThrow().areAmong(all.classes())));
        }
    }

    private static void tell(DataSet set, long images, String name) {
        Logging.log().info("data       {}: {} {}", set.name(), images, name);
    }

    private static Result result(
            Path model, Views views, DataSet set, Tested tested, Evaluation evaluation, Session session) {
        return new Result(
                evaluation.accuracy(),
                evaluation.loss(),
                evaluation.images(),
                tested.classes,
                Arrays.stream(evaluation.perClassAccuracy()).boxed().toList(),
                evaluation.confusion(),
                model,
                views.toString(),
                new TestedData(set.name(), set.sha256(), tested.evaluated),
                session.environment(),
                tested.zeroShot);
    }
}
