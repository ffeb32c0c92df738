package dynafilter.cli;

import dynafilter.audit.Mistake;
import dynafilter.audit.Mistakes;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.io.AtomicFile;
import dynafilter.io.InputException;
import dynafilter.report.page.MistakesPage;
import dynafilter.run.Logging;
import dynafilter.run.Version;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.bytedeco.pytorch.Scalar;
import org.jspecify.annotations.Nullable;

/**
 * The option {@code --mistakes}: a file that lists the images that a network labels wrongly.
 *
 * @param isPage true: it is an HTML page; false: it is a CSV table
 */
record MistakesOutput(Path file, boolean isPage) {
    private static final String NAME = "mistakes";

    static Option option() {
        return CommonOptions.valued(
                NAME,
                "FILE",
                "list the wrongly labelled images, the most confident first: where each is, labels, probabilities, as a"
                        + " table (FILE.csv) or as a page with their pictures (FILE.html)");
    }

    /**
     * The file that the option names, checked before the work; null without the option.
     *
     * @throws InputException where it cannot be written, or its name ends otherwise
     */
    static @Nullable MistakesOutput of(CommandLine line) {
        Path file = CommonOptions.output(line, NAME);
        if (file == null) {
            return null;
        }
        boolean isPage = PageOutput.isNamedSo(file);
        if (!isPage && !file.toString().toLowerCase(Locale.ROOT).endsWith(".csv")) {
            throw new InputException(
                    "--" + NAME + " " + file + ": it is a .csv table or an .html page; name the file so");
        }
        if (isPage) {
            PageOutput.requireReplaceable(file, NAME);
        }
        return new MistakesOutput(file, isPage);
    }

    /** Writes the mistakes of a tested network. */
    void write(TestedModel tested, TrainedNetwork trained) {
        double temperature = trained.calibration().temperature();
        List<Mistake> mistakes = Mistakes.of(tested.scores().div(new Scalar(temperature)), tested.labels());
        if (isPage) {
            PageOutput.write(
                    file,
                    new MistakesPage(
                                    mistakes,
                                    tested.images(),
                                    tested.classes(),
                                    trained.file().toString(),
                                    tested.evaluated(),
                                    "dynafilter " + Version.ofProgram())
                            .html());
            return;
        }
        byte[] table = Mistakes.csv(mistakes, tested.images(), tested.classes()).getBytes(StandardCharsets.UTF_8);
        AtomicFile.write(file, out -> out.write(table));
        Logging.log().info("written    {}: {} images", file, mistakes.size());
    }
}
