package dynafilter.cli;

import dynafilter.io.InputException;
import dynafilter.io.SameFile;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;

/** The other files of a command line, none of which a result is to be written over: a network that is read, a second result. */
final class OtherFiles {
    private static final String FILE = "FILE"; // the argument of options that name files alone

    private OtherFiles() {}

    /**
     * Refuses a file for a result that the same command line names elsewhere.
     *
     * @param option the result's
     * @throws InputException naming the option or argument that has the same file
     */
    static void refuse(CommandLine line, String option, Path file) {
        Stream<String> options = others(line, option)
                .filter(other -> values(other).anyMatch(value -> isThere(value, file)))
                .map(other -> "--" + other.getLongOpt());
        Stream<String> arguments =
                line.getArgList().stream().filter(word -> isThere(word, file)).map(word -> "the argument " + word);
        Stream.concat(options, arguments).findFirst().ifPresent(same -> {
            throw new InputException(
                    "--" + option + " " + file + " is " + same + " itself, which stays as it is; name another file");
        });
        others(line, option)
                .filter(other -> FILE.equals(other.getArgName()))
                .filter(other -> values(other).anyMatch(value -> isNew(value, file)))
                .findFirst()
                .ifPresent(other -> {
                    throw new InputException("--" + option + " and --" + other.getLongOpt() + " both name " + file
                            + "; give each its own file");
                });
    }

    private static Stream<Option> others(CommandLine line, String option) {
        return Arrays.stream(line.getOptions()).filter(other -> !option.equals(other.getLongOpt()));
    }

    private static Stream<String> values(Option option) {
        return Stream.ofNullable(option.getValues()).flatMap(Arrays::stream).filter(Objects::nonNull);
    }

    /** True: the word leads to the file, which is there; false: to another, or to none. */
    private static boolean isThere(String word, Path file) {
        try {
            return Files.isRegularFile(file) && SameFile.of(Path.of(word), file);
        } catch (InvalidPathException noPath) {
            return false;
        }
    }

    /** True: the word leads to the same place, where no file is yet; false: to another, or a file or device is there. */
    private static boolean isNew(String word, Path file) {
        try {
            return !Files.exists(file)
                    && Path.of(word)
                            .toAbsolutePath()
                            .normalize()
                            .equals(file.toAbsolutePath().normalize());
        } catch (InvalidPathException noPath) {
            return false;
        }
    }
}
