package dynafilter.cli;

import dynafilter.io.AtomicFile;
import dynafilter.io.InputException;
import dynafilter.report.figure.Raster;
import dynafilter.report.figure.Svg;
import dynafilter.run.Logging;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import org.apache.commons.cli.CommandLine;

/** Writes figures: PNG or SVG, as the file's name ends. */
final class FigureOutput {
    /** Pixels of a PNG file a pixel of the drawing: sharp on fine screens and in print. */
    private static final double ZOOM = 2;

    private FigureOutput() {}

    /**
     * The file that an option names for a figure; found unfit before the work that it is to show.
     *
     * @param otherwise taken where the option is not given; may be null
     * @throws InputException where it cannot be written, or ends otherwise
     */
    static Path file(CommandLine line, String option, Path otherwise) {
        Path file = CommonOptions.output(line, option, otherwise);
        if (file != null && !isPng(file) && !isSvg(file)) {
            throw new InputException("--" + option + " " + file + ": figures are .png or .svg; name the file so");
        }
        if (file != null && isPng(file)) {
            Raster.requireFonts();
        }
        return file;
    }

    private static boolean isPng(Path file) {
        return file.toString().toLowerCase(Locale.ROOT).endsWith(".png");
    }

    private static boolean isSvg(Path file) {
        return file.toString().toLowerCase(Locale.ROOT).endsWith(".svg");
    }

    static void write(Path file, Svg figure) {
        byte[] bytes =
                isPng(file) ? Raster.png(figure, ZOOM) : figure.toString().getBytes(StandardCharsets.UTF_8);
        AtomicFile.write(file, out -> out.write(bytes));
        Logging.log().info("written    {}", file);
    }
}
