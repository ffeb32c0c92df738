package dynafilter.checkpoint;

import java.nio.file.Path;

/**
 * A format in which a trained network leaves for other programs. Each has a room of its own under this one with a class that
 * implements this; {@code dynafilter.run.ExportFormats} lists them.
 */
public interface ExportFormat {
    /** The format's name on the command line. */
    String name();

    /** The path of the file where the user names none, from the folder of the network's own file on. */
    Path defaultFile();

    /** What this program does with such files, and who else reads them, for people. */
    String door();

    /**
     * Refuses settings that the format does not have, and a place that its files cannot take. It is called before natives are
     * loaded.
     *
     * @param file the file to be written, in a folder that can be written to
     * @throws dynafilter.io.InputException for the first that is refused; the message names the option
     */
    void check(ExportSettings settings, Path file);

    /**
     * Writes the file as a whole or not at all, once it is known to be right.
     *
     * @param trained a network on the CPU
     * @param settings as they were {@linkplain #check checked}
     * @throws dynafilter.io.InputException where the format has no place for such a network
     * @throws dynafilter.io.OutputException where the file cannot be written
     */
    Exported write(TrainedNetwork trained, ExportSettings settings, Path file, ExportVersions versions);

    /**
     * What was written.
     *
     * @param document the description of the network in the file: a record or a map that JSON can be made of
     * @param summary what people have to know of the file, such as "takes uint8 images"
     */
    record Exported(Object document, String summary) {}
}
