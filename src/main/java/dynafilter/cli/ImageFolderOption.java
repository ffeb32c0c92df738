package dynafilter.cli;

import dynafilter.data.folder.ImageFiles;
import dynafilter.io.InputException;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.CommandLine;

/** The options that name a folder of images of one label. */
final class ImageFolderOption {
    private static final int MOST = 10_000;

    private ImageFolderOption() {}

    /**
     * The files in the folder that an option names.
     *
     * @throws InputException where the option is missing, or there are no files, or too many
     */
    static List<Path> files(CommandLine line, String option) {
        Path folder = CommonOptions.path(line, option);
        if (folder == null) {
            throw new InputException("option --" + option + " is missing: give a folder of PNG or JPEG images");
        }
        List<Path> files = ImageFiles.of(List.of(folder));
        if (files.isEmpty()) {
            throw new InputException(
                    "--" + option + " " + folder + " has no files; give a folder of PNG or JPEG images");
        }
        if (files.size() > MOST) {
            throw new InputException("--" + option + " " + folder + " has " + files.size() + " files, and " + MOST
                    + " at most make sense; where there are so many, train all labels together");
        }
        return files;
    }
}
