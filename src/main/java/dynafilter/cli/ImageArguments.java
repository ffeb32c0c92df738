package dynafilter.cli;

import dynafilter.data.folder.DecodedFile;
import dynafilter.data.folder.ImageFiles;
import dynafilter.data.folder.PictureReading;
import dynafilter.io.FileNames;
import dynafilter.io.InputException;
import dynafilter.io.SystemLocale;
import dynafilter.run.Logging;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.CommandLine;

/** The image files that a command line names. */
final class ImageArguments {
    /** A file that cannot be read as an image. */
    record Skipped(String file, String problem) {}

    private ImageArguments() {}

    /**
     * The files that the command line's arguments name, themselves or as folders.
     *
     * @throws InputException where one is not there, or there are none
     */
    static List<Path> files(CommandLine line) {
        return files(line.getArgList());
    }

    /** The files that arguments name, likewise. */
    static List<Path> files(List<String> arguments) {
        List<Path> files = ImageFiles.of(arguments.stream()
                .map(argument -> SystemLocale.path("the argument", argument, "give image files, or folders of them"))
                .toList());
        if (files.isEmpty()) {
            throw new InputException("there are no files in " + String.join(", ", arguments)
                    + "; give PNG or JPEG files, or folders of them");
        }
        return files;
    }

    /**
     * Reads files side by side.
     *
     * @param reading to images of the size that the network takes
     * @param skipped takes the files that cannot be read, each with its problem, which is also logged
     * @return the other files, in their order
     */
    static List<DecodedFile> load(List<Path> files, PictureReading reading, List<Skipped> skipped) {
        List<DecodedFile> decoded = DecodedFile.read(files, reading);
        decoded.stream().filter(file -> !file.isGood()).forEach(bad -> {
            String name = FileNames.shown(bad.file());
            Logging.log().warn("{} {}; skipped", name, bad.problem());
            skipped.add(new Skipped(name, bad.problem()));
        });
        return decoded.stream().filter(DecodedFile::isGood).toList();
    }
}
