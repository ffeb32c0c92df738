package dynafilter.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import dynafilter.checkpoint.CalibrationEntry;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.DataSet;
import dynafilter.data.device.DataMemory;
import dynafilter.data.device.DeviceImages;
import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import dynafilter.model.Calibration;
import dynafilter.model.Scores;
import dynafilter.report.figure.ReliabilityFigure;
import dynafilter.run.FolderLocks;
import dynafilter.run.Interruption;
import dynafilter.run.Logging;
import dynafilter.run.Session;
import dynafilter.runfolder.Environment;
import dynafilter.runfolder.FolderLock;
import dynafilter.runtime.Precision;
import dynafilter.train.Evaluator;
import dynafilter.train.HeldOut;
import dynafilter.train.TestedData;
import dynafilter.train.calibration.CalibrationFit;
import dynafilter.train.calibration.CalibrationTest;
import dynafilter.train.calibration.LabelledScores;
import dynafilter.train.calibration.UnknownTest;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalDouble;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.Nullable;

/** The command {@code calibrate}: finds a network's temperature and rejection threshold, and writes them into its checkpoint. */
final class CalibrateCommand implements Command {
    private static final String ACCEPT = "accept";
    private static final String OUT = "out";
    private static final double ACCEPTED = 0.95;

    /**
     * The document of {@code --json}.
     *
     * @param out the checkpoint that was written
     * @param accept the share of the rightly labelled images that the threshold keeps at least
     * @param calibration what it does to the images that it was found from
     * @param unknown what it does to images of no label; null: none were given
     * @param data the images that it was found from
     */
    private record Result(
            Path model,
            Path out,
            double accept,
            CalibrationTest calibration,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            UnknownTest unknown,

            TestedData data,
            Environment environment) {}

    /** The entry of the checkpoint. */
    private record Entry(
            double temperature,
            double threshold,
            double accept,
            long images,
            double accuracy,
            double lossBefore,
            double lossAfter,
            double eceBefore,
            double eceAfter,
            String data,
            String dataSha256,
            String evaluated) {
        static Entry of(CalibrationTest test, double accept, TestedData data) {
            return new Entry(
                    test.temperature(),
                    test.threshold(),
                    accept,
                    test.images(),
                    test.accuracy(),
                    test.before().loss(),
                    test.after().loss(),
                    test.before().ece(),
                    test.after().ece(),
                    data.name(),
                    data.sha256(),
                    data.evaluated());
        }
    }

    @Override
    public String name() {
        return "calibrate";
    }

    @Override
    public String summary() {
        return "find from validation images when a network can be believed: its temperature, and what is \"none of these\"";
    }

    @Override
    public Options options() {
        Options options = new Options()
                .addOption(ModelOption.model("a checkpoint"))
                .addOption(CommonOptions.valued(
                        "data",
                        "DIR|sample",
                        "data set with the network's validation images: those of --val-split, or of a folder val [that of the"
                                + " model's run]"))
                .addOption(ValidationImages.option())
                .addOption(CommonOptions.valued(
                        ACCEPT,
                        "SHARE",
                        "share of the rightly labelled validation images that are not rejected [" + ACCEPTED + "]"))
                .addOption(UnknownImages.option())
                .addOption(CommonOptions.valued(OUT, "FILE", "write the calibrated checkpoint there [--model itself]"))
                .addOption(CommonOptions.valued(
                        "figure", "FILE", "write the reliability diagram, before and after (PNG or SVG)"))
                .addOption(DataOption.skipBad())
                .addOption(DataOption.noExif())
                .addOption(DataOption.dataMemory())
                .addOption(CommonOptions.json("write the result as JSON"));
        return CommonOptions.addCompute(options);
    }

    @Override
    public List<String> examples() {
        return List.of(
                "calibrate --model checkpoints/RUN/best.pt                 # of a run with --val-split 0.1, say",
                "calibrate --model checkpoints/RUN/best.pt --images new/ --figure reliability.svg",
                "calibrate --model checkpoints/RUN/best.pt --accept 0.99 --unknown-images others/",
                "predict --model checkpoints/RUN/best.pt --reject photos/");
    }

    @Override
    public int run(CommandLine line, Interruption interruption) {
        CommonOptions.refuseArguments(line, name());
        Path model = ModelOption.file(line);
        double accept = accept(line);
        Path figure = FigureOutput.file(line, "figure");
        Path unknownFolder = UnknownImages.folder(line);
        DataMemory memory = DataOption.dataMemory(line);
        Path given = CommonOptions.replaced(line, OUT);
        Path out = given != null ? given : CommonOptions.writable(model.toString(), model);
        JsonOutput json = JsonOutput.of(line);
        Session session = Session.open(CommonOptions.device(line), null);
        session.use(Precision.FP32);
        CalibrationEntry.requireCheckpoint(model);
        CalibrationEntry.requireReplaceable(model, out);
        try (FolderLock lock = FolderLocks.ofFiles(name(), out, figure);
                TrainedNetwork trained = TrainedNetwork.read(model, session.device());
                DataSet data = ValidationImages.open(line, model, trained);
                HeldOut heldOut = ValidationImages.of(line, data, trained)) {
            Logging.log().info("model      {}: {}", model, trained.description());
            session.allowInstructions(trained, Precision.FP32);
            Logging.log().info("data       {}: {} {}", data.name(), heldOut.size(), heldOut.name());
            Evaluator evaluator = new Evaluator(Precision.FP32, session.device());
            List<Scores> unknownScores = unknownFolder == null
                    ? null
                    : UnknownImages.scores(unknownFolder, line, trained, trained.classifier(), evaluator, session);
            LabelledScores scores = scores(trained, heldOut, evaluator, memory, session);
            Calibration calibration = fit(scores, accept);
            CalibrationTest test = CalibrationTest.of(scores, calibration);
            UnknownTest unknown =
                    unknownScores == null ? null : UnknownTest.of(scores.scores(), unknownScores, calibration);
            System.out.println(String.format(
                    Locale.ROOT, "accuracy   %.2f %% of %,d images", 100 * test.accuracy(), test.images()));
            System.out.println(test);
            if (unknown != null) {
                System.out.println(unknown);
            }
            TestedData tested = new TestedData(data.name(), data.sha256(), heldOut.name());
            CalibrationEntry.write(model, JsonFile.values(Entry.of(test, accept, tested)), out);
            Logging.log().info("written    {}: the calibration; all else is as it was", out);
            if (figure != null) {
                FigureOutput.write(figure, ReliabilityFigure.of(test));
            }
            json.write(new Result(model, out, accept, test, unknown, tested, session.environment()));
        }
        return ExitCode.DONE;
    }

    private static double accept(CommandLine line) {
        double accept = Objects.requireNonNullElse(CommonOptions.positive(line, ACCEPT), ACCEPTED);
        if (accept > 1) {
            throw new InputException("--" + ACCEPT + " " + line.getOptionValue(ACCEPT)
                    + ": give a share above 0 and at most 1, such as " + ACCEPTED);
        }
        return accept;
    }

    private static LabelledScores scores(
            TrainedNetwork trained, HeldOut heldOut, Evaluator evaluator, DataMemory memory, Session session) {
        try (PointerScope scope = new PointerScope();
                DeviceImages images = heldOut.onDevice(session.device(), memory)) {
            LabelledScores scores = LabelledScores.of(evaluator.scores(trained.classifier(), images), images.labels());
            LabelledScores.requireFinite(scores.scores(), heldOut.name());
            return scores;
        }
    }

    private static Calibration fit(LabelledScores scores, double accept) {
        OptionalDouble temperature = CalibrationFit.temperature(scores);
        if (temperature.isEmpty()) {
            Logging.log()
                    .warn(
                            "every validation image is labelled rightly, which tells no temperature: it stays 1; with more"
                                    + " images one can be found");
        }
        double kept = temperature.orElse(1);
        return new Calibration(kept, CalibrationFit.threshold(scores, kept, accept));
    }
}
