package dynafilter.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.io.InputException;
import dynafilter.report.figure.ContactSheet;
import dynafilter.report.figure.Filters;
import dynafilter.report.figure.FiltersFigure;
import dynafilter.report.figure.Grid;
import dynafilter.report.figure.MapsFigure;
import dynafilter.report.figure.ResponseMaps;
import dynafilter.report.figure.Scale;
import dynafilter.run.FolderLocks;
import dynafilter.run.Interruption;
import dynafilter.run.Logging;
import dynafilter.run.Session;
import dynafilter.runfolder.Environment;
import dynafilter.runfolder.FolderLock;
import dynafilter.runtime.Precision;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.jspecify.annotations.Nullable;

/** The command {@code maps}: draws the response maps of a trained network for images, and its filters. */
final class MapsCommand implements Command {
    /**
     * The document of {@code --json}.
     *
     * @param filters the names of the filters; null: they are not drawn, or they are the labels
     * @param cosineSimilarity of every two filters; null: the filters are not drawn
     */
    private record Result(
            Path model,
            List<String> classes,
            List<Image> images,
            List<ImageArguments.Skipped> skipped,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            List<String> filters,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            List<float[]> cosineSimilarity,

            Environment environment) {}

    /**
     * The response maps of an image.
     *
     * @param label the true label; null: it is not known
     * @param scores the logits of all labels
     * @param range the least and the greatest response
     * @param maps the response maps, each row by row; of labels with several filters the mean of theirs
     * @param headMaps the response maps of all filters, those of a label one after another; null: a label has one filter
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    private record Image(
            String image,
            @Nullable Integer label,
            int predicted,
            float[] scores,
            double[] probabilities,
            List<Double> range,
            List<List<float[]>> maps,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            List<List<float[]>> headMaps) {
        static Image of(ResponseMaps maps) {
            Scale scale = maps.scale();
            return new Image(
                    maps.name(),
                    maps.label(),
                    maps.predicted(),
                    maps.scores().logits(),
                    maps.scores().probabilities(),
                    List.of(scale.low(), scale.high()),
                    maps.maps().stream().map(MapsCommand::rows).toList(),
                    maps.heads().size() == maps.maps().size()
                            ? null
                            : maps.heads().stream().map(MapsCommand::rows).toList());
        }
    }

    private static final String AUTO = "auto";
    private static final int MOST_IMAGES = 64; // that a sheet takes

    @Override
    public String name() {
        return "maps";
    }

    @Override
    public String summary() {
        return "figures of the response maps of images, one map per class, and of the filters";
    }

    @Override
    public String arguments() {
        return "[options] [FILE|FOLDER...]";
    }

    @Override
    public Options options() {
        Options options = new Options()
                .addOption(ModelOption.model(ModelOption.ANY_KIND))
                .addOption(ModelData.option())
                .addOption(DataOption.skipBad())
                .addOption(DataOption.noExif())
                .addOption(CommonOptions.valued(
                        "index",
                        "auto|N,...",
                        "test images by number, from 0; auto: the first that is labelled correctly with a probability of"
                                + " 90 % or more, else the surest [" + AUTO + "]"))
                .addOption(
                        CommonOptions.valued("out", "FILE", "where to write, .png or .svg [maps.png beside --model]"))
                .addOption(CommonOptions.valued(
                        "filters-out", "FILE", "draw the filters and their cosine similarity, too: .png or .svg"))
                .addOption(CommonOptions.precision())
                .addOption(CommonOptions.json("write scores and maps as JSON"));
        return CommonOptions.addCompute(options);
    }

    @Override
    public List<String> examples() {
        return List.of(
                "maps --model checkpoints/RUN/best.pt",
                "maps --model checkpoints/RUN/best.pt --index 0,7,12 --out sheet.svg --filters-out filters.png",
                "maps --model checkpoints/RUN/best.pt photo.jpg --out photo-maps.png");
    }

    @Override
    public int run(CommandLine line, Interruption interruption) {
        Path model = ModelOption.file(line);
        Path out = FigureOutput.file(line, "out", model.resolveSibling("maps.png"));
        Path filtersOut = FigureOutput.file(line, "filters-out");
        if (out.equals(filtersOut)) {
            throw new InputException("--out and --filters-out both name " + out + "; give each its own file");
        }
        JsonOutput json = JsonOutput.of(line);
        Precision precision = CommonOptions.precision(line);
        boolean isAuto = line.getOptionValue("index", AUTO).equals(AUTO);
        long[] indices = isAuto ? new long[0] : indices(line.getOptionValue("index"));
        List<Path> files = files(line);
        Session session = Session.open(CommonOptions.device(line), null);
        session.use(precision);
        List<ImageArguments.Skipped> skipped = new ArrayList<>();
        try (FolderLock lock = FolderLocks.ofFiles(name(), out, filtersOut);
                TrainedNetwork trained = TrainedNetwork.read(model, session.device())) {
            Logging.log().info("model      {}: {}", model, trained.description());
            MapsWork work = new MapsWork(model, trained, precision, session, filtersOut != null);
            MapsWork.Shown shown = files.isEmpty() ? work.ofTestSet(line, indices) : work.ofFiles(line, files, skipped);
            List<ResponseMaps> images = shown.maps();
            images.forEach(image -> Logging.log().info("image      {}", describe(image)));
            FigureOutput.write(out, images.size() == 1 ? MapsFigure.of(images.get(0)) : ContactSheet.of(images));
            Filters filters = shown.filters();
            if (filtersOut != null && filters != null) {
                FigureOutput.write(filtersOut, FiltersFigure.of(filters));
            }
            json.write(new Result(
                    model,
                    images.get(0).classes(),
                    images.stream().map(Image::of).toList(),
                    skipped,
                    filters == null
                                    || filters.names().size()
                                            <= trained.classes().size()
                            ? null
                            : filters.names(),
                    filters == null ? null : rows(filters.similarity()),
                    session.environment()));
        }
        return skipped.isEmpty() ? ExitCode.DONE : ExitCode.FAILED;
    }

    private static List<Path> files(CommandLine line) {
        if (line.getArgList().isEmpty()) {
            return List.of();
        }
        for (String option : List.of("index", "data")) {
            if (line.hasOption(option)) {
                throw new InputException("--" + option + " is for images of the test set, and "
                        + line.getArgList().get(0) + " is a file; give one or the other");
            }
        }
        List<Path> files = ImageArguments.files(line);
        requireFew(files.size(), "files");
        return files;
    }

    private static long[] indices(String value) {
        try {
            long[] indices = Arrays.stream(value.split(",", -1))
                    .map(String::strip)
                    .mapToLong(Long::parseLong)
                    .toArray();
            requireFew(indices.length, "images");
            return indices;
        } catch (NumberFormatException wrong) {
            throw new InputException(
                    "--index " + value + ": give auto, or numbers of test images such as 7 or 0,7,12", wrong);
        }
    }

    private static void requireFew(int count, String what) {
        if (count > MOST_IMAGES) {
            throw new InputException(
                    count + " " + what + " are too many for one sheet; give " + MOST_IMAGES + " at most");
        }
    }

    private static String describe(ResponseMaps maps) {
        int predicted = maps.predicted();
        String text = String.format(
                Locale.ROOT,
                "%s: %s, %.1f %%",
                maps.name(),
                maps.classes().get(predicted),
                100 * maps.scores().probabilities()[predicted]);
        return maps.label() == null
                ? text
                : text + "; true label " + maps.classes().get(maps.label());
    }

    private static List<float[]> rows(Grid grid) {
        List<float[]> rows = new ArrayList<>();
        for (int row = 0; row < grid.height(); row++) {
            rows.add(Arrays.copyOfRange(grid.values(), row * grid.width(), (row + 1) * grid.width()));
        }
        return rows;
    }
}
