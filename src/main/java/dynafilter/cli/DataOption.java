package dynafilter.cli;

import dynafilter.data.DataOptions;
import dynafilter.data.ImageSize;
import dynafilter.data.device.DataMemory;
import dynafilter.data.folder.PictureReading;
import dynafilter.run.DataProgress;
import dynafilter.run.Terminal;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;

/** The options of commands that read images by class. */
final class DataOption {
    static final String SKIP_BAD = "skip-bad";
    static final String NO_EXIF = "no-exif";
    static final String IMAGE_SIZE = "image-size";
    private static final String DATA_MEMORY = "data-memory";

    private DataOption() {}

    static Option data(String otherwise) {
        return CommonOptions.valued(
                "data", "DIR|sample", "folder of images by class, of CIFAR, or the generated set [" + otherwise + "]");
    }

    static Option skipBad() {
        return CommonOptions.flag(SKIP_BAD, "leave out image files that cannot be read; else they are an error");
    }

    static Option noExif() {
        return CommonOptions.flag(
                NO_EXIF, "take pictures as they are stored; else they are turned as their Exif orientation says");
    }

    /** How a command reads pictures that are no part of a run's data. */
    static PictureReading reading(CommandLine line, int imageSize) {
        return new PictureReading(imageSize, !line.hasOption(NO_EXIF));
    }

    static Option dataMemory() {
        return CommonOptions.valued(
                DATA_MEMORY,
                "WHERE",
                "resident (all images on the device), stream (batch after batch), or auto: by their size [auto]");
    }

    static DataMemory dataMemory(CommandLine line) {
        return DataMemory.of(line.getOptionValue(DATA_MEMORY, DataMemory.AUTO.toString()));
    }

    /** The height and width that {@code --image-size} brings images to. */
    static int imageSize(CommandLine line) {
        int size = CommonOptions.integer(line, IMAGE_SIZE, 1, Integer.MAX_VALUE, ImageSize.CIFAR);
        ImageSize.require(size);
        return size;
    }

    /** The options that open a data set for a command that does not train. */
    static DataOptions of(CommandLine line, int imageSize, Terminal terminal) {
        return of(!line.hasOption(NO_EXIF), line.hasOption(SKIP_BAD), imageSize, terminal);
    }

    static DataOptions of(boolean exif, boolean skipBad, int imageSize, Terminal terminal) {
        return new DataOptions(imageSize, exif, skipBad, null, new DataProgress(terminal));
    }
}
