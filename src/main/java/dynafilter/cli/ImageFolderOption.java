package dynafilter.cli;

import dynafilter.data.ImageSet;
import dynafilter.data.folder.DecodedFile;
import dynafilter.data.folder.ImageFiles;
import dynafilter.io.FileNames;
import dynafilter.io.InputException;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.CommandLine;

/** Options that name a folder of images of one label. */
final class ImageFolderOption {
    private static final int MOST = 10_000;

    private ImageFolderOption() {}

    /** @throws InputException where the option is missing, or there is no file */
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

    /**
     * The images in files, all of one label.
     *
     * @param skipBad whether those that cannot be read are left out, with a warning
     * @throws InputException where there is none that can be read, or one cannot and none are to be left out
     */
    static ImageSet read(List<Path> files, int size, boolean skipBad) {
        List<DecodedFile> decoded = DecodedFile.read(files, size);
        List<DecodedFile> bad = decoded.stream().filter(file -> !file.isGood()).toList();
        try {
            if (!bad.isEmpty() && (!skipBad || bad.size() == files.size())) {
                String which =
                        FileNames.shown(bad.get(0).file()) + " " + bad.get(0).problem();
                String more = bad.size() > 1 ? ", and " + (bad.size() - 1) + " more files are no better" : "";
                String remedy = bad.size() == files.size() ? "" : ", or leave such files out with --skip-bad";
                throw new InputException(which + more + "; give PNG or JPEG images" + remedy);
            }
            bad.forEach(file -> Logging.log().warn("{} {}; left out", FileNames.shown(file.file()), file.problem()));
            return DecodedFile.toSet(decoded);
        } finally {
            decoded.forEach(DecodedFile::close);
        }
    }
}
