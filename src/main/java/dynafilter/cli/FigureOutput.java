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
import org.jspecify.annotations.Nullable;

/** The files of figures: PNG or SVG, by the ending of the name. */
final class FigureOutput {
    /** The pixels of a PNG file for each pixel of the drawing: sharp on fine screens and in print. */
    private static final double ZOOM = 2;

    private FigureOutput() {}

    /**
     * The file that an option names for a figure, checked before the work; null without the option.
     *
     * @throws InputException where it cannot be written, or its name ends otherwise
     */
    static @Nullable Path file(CommandLine line, String option) {
        Path file = CommonOptions.output(line, option);
        return file == null ? null : checked(file, option);
    }

    /**
     * The file that an option names for a figure, checked before the work.
     *
     * @param otherwise the file where the option is not given
     * @throws InputException where it cannot be written, or its name ends otherwise
     */
    static Path file(CommandLine line, String option, Path otherwise) {
        return checked(CommonOptions.output(line, option, otherwise), option);
    }

    private static Path checked(Path file, String option) {
        if (!isPng(file) && !isSvg(file)) {
            throw new InputException("--" + option + " " + file + ": figures are .png or .svg; name the file so");
        }
        if (isPng(file)) {
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

    /** Writes a figure. */
    static void write(Path file, Svg figure) {
        byte[] bytes =
                isPng(file) ? Raster.png(figure, ZOOM) : figure.toString().getBytes(StandardCharsets.UTF_8);
        AtomicFile.write(file, out -> out.write(bytes));
        Logging.log().info("written    {}", file);
    }
}
