package dynafilter.cli;

import dynafilter.checkpoint.JsonFile;
import java.nio.file.Path;
import java.util.Map;
import org.apache.commons.cli.CommandLine;

/** Writes {@code --json} files. */
final class JsonOutput {
    private JsonOutput() {}

    /**
     * The file that --json names, or null; found unfit before the work it is to tell of.
     *
     * @throws InputException where it cannot be written
     */
    static Path file(CommandLine line) {
        return CommonOptions.output(line, CommonOptions.JSON);
    }

    /** @param file null where no file was asked for */
    static void write(Path file, Map<String, ?> result) {
        if (file != null) {
            JsonFile.write(file, result);
        }
    }
}
