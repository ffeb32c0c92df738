package dynafilter.cli;

import dynafilter.io.JsonFile;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import org.apache.commons.cli.CommandLine;
import org.jspecify.annotations.Nullable;

/** The destination of {@code --json}: a file, standard output, or none. */
final class JsonOutput {
    /** The names of standard output; opened by such a name, a file that it is redirected to would be cut off or replaced. */
    private static final Set<String> STANDARD =
            Set.of(CommonOptions.STANDARD_OUTPUT, "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1");

    private final @Nullable Path file;
    private final @Nullable PrintStream standard;

    private JsonOutput(@Nullable Path file, @Nullable PrintStream standard) {
        this.file = file;
        this.standard = standard;
    }

    /**
     * The destination that the option names, checked before the work. Where that is standard output, nothing but JSON goes there: all
     * else that is printed from now on goes to standard error.
     *
     * @throws dynafilter.io.InputException where the file cannot be written
     */
    static JsonOutput of(CommandLine line) {
        if (isStandard(line)) {
            PrintStream standard = System.out;
            System.setOut(System.err);
            return new JsonOutput(null, standard);
        }
        return to(CommonOptions.output(line, CommonOptions.JSON));
    }

    /** True: the command line asks for JSON on standard output; false: for a file, or for none. */
    static boolean isStandard(CommandLine line) {
        return STANDARD.contains(line.getOptionValue(CommonOptions.JSON, ""));
    }

    /**
     * The destination of a file.
     *
     * @param file null: none
     */
    static JsonOutput to(@Nullable Path file) {
        return new JsonOutput(file, null);
    }

    /** True: standard output is for JSON alone; false: it is for text. */
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

    /** Replaces the file by an incomplete result; standard output waits for the whole one. */
    void rewrite(Object result) {
        if (file != null) {
            JsonFile.write(file, result);
        }
    }
}
