package dynafilter.cli;

import dynafilter.io.JsonFile;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import org.apache.commons.cli.CommandLine;

/** Where {@code --json} goes: to a file, to standard output, or nowhere. */
final class JsonOutput {
    /** Names of standard output; opened by such a name, a file behind it would be cut off or replaced. */
    private static final Set<String> STANDARD =
            Set.of(CommonOptions.STANDARD_OUTPUT, "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1");

    private final Path file; // null for none
    private final PrintStream standard; // null but for standard output

    private JsonOutput(Path file, PrintStream standard) {
        this.file = file;
        this.standard = standard;
    }

    /**
     * What the option names; found unfit before the work it is to tell of. Where that is standard output, JSON is all that goes
     * there: whatever else is printed from now on goes to standard error.
     *
     * @throws dynafilter.io.InputException where it cannot be written
     */
    static JsonOutput of(CommandLine line) {
        if (isStandard(line)) {
            PrintStream standard = System.out;
            System.setOut(System.err);
            return new JsonOutput(null, standard);
        }
        return to(CommonOptions.output(line, CommonOptions.JSON));
    }

    /** Whether a command line asks for JSON on standard output. */
    static boolean isStandard(CommandLine line) {
        return STANDARD.contains(line.getOptionValue(CommonOptions.JSON, ""));
    }

    /** @param file null for nowhere */
    static JsonOutput to(Path file) {
        return new JsonOutput(file, null);
    }

    /** Whether standard output is for JSON alone. */
    boolean isStandard() {
        return standard != null;
    }

    /** Writes the result, once. */
    void write(Object result) {
        if (standard != null) {
            byte[] text = (JsonFile.text(result) + "\n").getBytes(StandardCharsets.UTF_8); // in every locale
            standard.write(text, 0, text.length);
            standard.flush();
        } else {
            rewrite(result);
        }
    }

    /** Replaces the file by what there is so far; standard output waits for the whole. */
    void rewrite(Object result) {
        if (file != null) {
            JsonFile.write(file, result);
        }
    }
}
