package dynafilter.cli;

import dynafilter.checkpoint.ExportSettings;
import dynafilter.checkpoint.ExportVersions;
import dynafilter.checkpoint.ScriptInput;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.checkpoint.onnx.OnnxExport;
import dynafilter.checkpoint.web.OnnxWeb;
import dynafilter.checkpoint.web.WebPage;
import dynafilter.checkpoint.web.WebPage.Sample;
import dynafilter.data.DataSet;
import dynafilter.data.ImageSet;
import dynafilter.io.FileErrors;
import dynafilter.io.InputException;
import dynafilter.model.NetworkShape;
import dynafilter.report.figure.Colormap;
import dynafilter.report.figure.PixelImage;
import dynafilter.run.Logging;
import dynafilter.run.Terminal;
import dynafilter.train.HeldOut;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;

/** The option {@code --web}: a page that runs the network in the browser, in place of a file for other programs. */
final class WebExport {
    private static final String WEB = "web";
    private static final int SAMPLES = 24;

    /** The options that choose what else to write, which a page has no place for. */
    private static final List<String> OTHERS =
            List.of("format", "out", "input", "opset", "bake-filters", "no-bake-filters", "check", "json");

    private final Path place;

    private WebExport(Path place) {
        this.place = place;
    }

    static Option option() {
        return CommonOptions.valued(
                WEB,
                "DIR|FILE.html",
                "write a page that runs the network in the browser: a folder to serve, or one file");
    }

    /** True: the command line asks for a page; false: it does not. */
    static boolean isAsked(CommandLine line) {
        return line.hasOption(WEB);
    }

    /**
     * The page that the command line asks for, with its place checked.
     *
     * @throws InputException where it cannot be written, or another output is asked for, too
     */
    static WebExport of(CommandLine line) {
        for (String other : OTHERS) {
            if (line.hasOption(other)) {
                throw new InputException("--web writes a page and nothing else: leave --" + other + " out, or --web");
            }
        }
        String named = line.getOptionValue(WEB);
        if (isHtml(named)) {
            return new WebExport(Objects.requireNonNull(CommonOptions.output(line, WEB)));
        }
        Path folder = Objects.requireNonNull(CommonOptions.path(line, WEB));
        try {
            Files.createDirectories(folder);
        } catch (IOException refused) {
            throw new InputException(
                    "--web " + folder + " cannot be made: " + FileErrors.reason(refused)
                            + "; give a folder or FILE.html",
                    refused);
        }
        return new WebExport(folder);
    }

    private static boolean isHtml(String name) {
        return name.toLowerCase(Locale.ROOT).endsWith(".html");
    }

    /** The folder, or the one file. */
    Path place() {
        return place;
    }

    /** The page's runtime, downloaded with a bar where it is missing. */
    static OnnxWeb runtime() {
        Terminal terminal = Terminal.auto();
        try {
            return OnnxWeb.fetch(terminal::bytes);
        } finally {
            terminal.clear();
        }
    }

    /** Writes the page. */
    void write(CommandLine line, Path model, TrainedNetwork trained, OnnxWeb runtime, ExportVersions versions) {
        ExportSettings settings = new ExportSettings(ScriptInput.UINT8, true);
        byte[] network = new OnnxExport(trained, settings).file(versions).bytes();
        NetworkShape shape = trained.network().shape();
        WebPage page = new WebPage(
                "dynafilter " + Objects.requireNonNullElse(versions.dynafilter(), ""),
                trained.classes(),
                trained.imageSize(),
                shape.mapHeight(),
                shape.mapWidth(),
                shape.design().heads(),
                trained.calibration().threshold(),
                shape.maps() == shape.design().heads(),
                Colormap.VIRIDIS.table(),
                samples(line, model, trained));
        if (isHtml(place.toString())) {
            page.writeFile(place, network, runtime);
            Logging.log().info("written    {}: open it in a browser", place);
        } else {
            page.writeFolder(place, network, runtime);
            Logging.log().info("written    {}: serve the folder, as with python3 -m http.server", place);
        }
    }

    /** Test images of the network's run, of each class in turn; none where its data set is not here. */
    private static List<Sample> samples(CommandLine line, Path model, TrainedNetwork trained) {
        try (DataSet data = ModelData.open(line, model, trained);
                HeldOut heldOut = HeldOut.of(data, trained.training(), 0);
                ImageSet images = heldOut.images()) {
            List<Sample> samples = new ArrayList<>();
            int size = trained.imageSize();
            for (long index : inTurn(images.labelArray(), data.classes().size())) {
                byte[] png =
                        PixelImage.ofPlanes(images.pixels(index), size, size).png();
                int label = Math.toIntExact(images.labelArray()[(int) index]);
                samples.add(new Sample(data.classes().get(label) + ", test image " + index, png));
            }
            return samples;
        } catch (InputException missing) {
            Logging.log().warn("the page has no test images: {}", missing.getMessage());
            return List.of();
        }
    }

    /** The numbers of images, the first of each class, then the second ones: as many as a page shows. */
    private static List<Long> inTurn(long[] labels, int classes) {
        List<List<Long>> byClass = new ArrayList<>();
        for (int label = 0; label < classes; label++) {
            byClass.add(new ArrayList<>());
        }
        for (int i = 0; i < labels.length; i++) {
            byClass.get((int) labels[i]).add((long) i);
        }
        List<Long> chosen = new ArrayList<>();
        for (int round = 0; round < SAMPLES; round++) {
            for (List<Long> own : byClass) {
                if (round < own.size() && chosen.size() < SAMPLES) {
                    chosen.add(own.get(round));
                }
            }
        }
        return chosen;
    }
}
