package dynafilter.cli;

import dynafilter.checkpoint.JsonFile;
import dynafilter.runtime.InputException;
import java.nio.file.Files;
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
        Path file = CommonOptions.path(line, CommonOptions.JSON);
        if (file == null) {
            return null;
        }
        Path folder = file.toAbsolutePath().getParent();
        if (Files.isDirectory(file)) {
            throw new InputException("--json " + file + " is a folder; give the name of a file in it");
        }
        if (folder == null || !Files.isDirectory(folder)) {
            throw new InputException("--json " + file + ": there is no folder " + folder + "; make it first");
        }
        if (!Files.isWritable(Files.exists(file) ? file : folder)) {
            throw new InputException("--json " + file + " cannot be written; check its permissions");
        }
        return file;
    }

    /** @param file null where no file was asked for */
    static void write(Path file, Map<String, ?> result) {
        if (file != null) {
            JsonFile.write(file, result);
        }
    }
}
