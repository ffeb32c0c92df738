package dynafilter.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import dynafilter.data.folder.DecodedFile;
import dynafilter.io.FileNames;
import dynafilter.io.InputException;
import dynafilter.model.Calibration;
import dynafilter.model.Scores;
import dynafilter.model.Views;
import dynafilter.run.Interruption;
import dynafilter.run.LoadedModel;
import dynafilter.run.Logging;
import dynafilter.runfolder.Environment;
import dynafilter.runtime.Precision;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** The command {@code predict}: predicts the labels of image files. */
final class PredictCommand implements Command {
    /**
     * The document of {@code --json}.
     *
     * @param tta the views of each image whose scores were averaged
     * @param calibration the temperature of the probabilities and the threshold below which images are rejected, where they are;
     *     null: the network has none, and no image is rejected
     */
    private record Result(
            Path model,
            String tta,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            Calibration calibration,

            List<String> classes,
            List<Image> images,
            List<ImageArguments.Skipped> skipped,
            Environment environment) {}

    /**
     * The predictions for an image.
     *
     * @param rejected true: it is of none of the labels; false: it is of one; null: no image is rejected
     * @param predictions the likeliest labels, the likeliest first, of rejected images, too
     * @param scores the logits of all labels
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    private record Image(
            String file,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            Boolean rejected,

            List<Prediction> predictions,
            float[] scores) {}

    /**
     * A predicted label.
     *
     * @param index of the label
     */
    private record Prediction(String label, int index, double probability) {}

    /** The number of files that are decoded in parallel, and scored as one batch. */
    private static final int BATCH = 256;

    private static final int TOP = 3;
    private static final int MOST_CLASSES = 1_000_000;

    @Override
    public String name() {
        return "predict";
    }

    @Override
    public String summary() {
        return "labels of pictures (PNG, JPEG, WebP, GIF, BMP, TIFF): the shorter side scaled to the network's size, the centre taken";
    }

    @Override
    public String arguments() {
        return "[options] FILE|FOLDER...";
    }

    @Override
    public Options options() {
        Options options = new Options()
                .addOption(ModelOption.model(ModelOption.ANY_KIND))
                .addOption(CommonOptions.valued("top", "K", "labels an image, the likeliest first [" + TOP + "]"))
                .addOption(RejectOption.option())
                .addOption(ViewsOption.option())
                .addOption(DataOption.noExif())
                .addOption(CommonOptions.precision())
                .addOption(CommonOptions.json("write all scores as JSON"));
        return CommonOptions.addCompute(options);
    }

    @Override
    public List<String> examples() {
        return List.of(
                "predict --model checkpoints/RUN/best.pt photo.jpg",
                "predict --model checkpoints/RUN/best.pt --reject photos/            # of a calibrated network",
                "predict --model model.ts.pt --top 5 --json labels.json photos/      # folders inside, too");
    }

    @Override
    public int run(CommandLine line, Interruption interruption) {
        Path model = ModelOption.file(line);
        int top = CommonOptions.integer(line, "top", 1, MOST_CLASSES, TOP);
        Precision precision = CommonOptions.precision(line);
        Views views = ViewsOption.of(line);
        RejectOption reject = RejectOption.of(line);
        JsonOutput json = JsonOutput.of(line);
        if (reject.arguments().isEmpty()) {
            throw new InputException(
                    "predict needs image files, or folders of them: dynafilter predict --model FILE photo.jpg");
        }
        List<Path> files = ImageArguments.files(reject.arguments());
        List<Image> images = new ArrayList<>();
        List<ImageArguments.Skipped> skipped = new ArrayList<>();
        try (LoadedModel loaded =
                LoadedModel.open(model, CommonOptions.device(line), precision, views, /* exact= */ true)) {
            Logging.log().info("model      {}: {}", model, loaded.description());
            Calibration calibration = reject.calibration(loaded.calibration(), model);
            CalibrationText.log(calibration);
            int width = files.stream()
                    .limit(BATCH)
                    .mapToInt(file -> FileNames.shown(file).length())
                    .max()
                    .orElse(0);
            for (int from = 0; from < files.size(); from += BATCH) {
                List<DecodedFile> decoded = ImageArguments.load(
                        files.subList(from, Math.min(from + BATCH, files.size())),
                        DataOption.reading(line, loaded.imageSize()),
                        skipped);
                predict(decoded, loaded, calibration, top, width, images);
            }
            json.write(new Result(
                    model,
                    views.toString(),
                    calibration.equals(Calibration.NONE) ? null : calibration,
                    loaded.labels(),
                    images,
                    skipped,
                    loaded.session().environment()));
        }
        if (!skipped.isEmpty()) {
            Logging.log().warn("{} of {} files skipped", skipped.size(), files.size());
        }
        return skipped.isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
    }

    /** Scores the images as one batch, prints a row for each, and closes them. */
    private static void predict(
            List<DecodedFile> decoded,
            LoadedModel loaded,
            Calibration calibration,
            int top,
            int width,
            List<Image> images) {
        if (decoded.isEmpty()) {
            return;
        }
        List<Tensor> pixels = decoded.stream().map(DecodedFile::image).toList();
        List<Scores> scores = loaded.scoresOfBatch(pixels);
        pixels.forEach(Tensor::close);
        for (int i = 0; i < scores.size(); i++) {
            double[] probabilities = calibration.probabilities(scores.get(i));
            boolean rejected = calibration.rejects(probabilities[scores.get(i).predicted()]);
            List<Integer> best = scores.get(i).ranking().stream().limit(top).toList();
            String file = FileNames.shown(decoded.get(i).file());
            StringBuilder row = new StringBuilder(String.format("%-" + width + "s", file));
            row.append(rejected ? "  " + Calibration.REJECTED + ":" : "");
            List<Prediction> predictions = new ArrayList<>();
            for (int label : best) {
                String name = loaded.labels().get(label);
                row.append(String.format(Locale.ROOT, "  %-10s %5.1f %%", name, 100 * probabilities[label]));
                predictions.add(new Prediction(name, label, probabilities[label]));
            }
            System.out.println(row);
            images.add(new Image(
                    file,
                    calibration.canReject() ? rejected : null,
                    predictions,
                    scores.get(i).logits()));
        }
    }
}
