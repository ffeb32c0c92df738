package dynafilter.runtime;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command line that starts another Java process like this one. */
public final class JavaCommand {
    private static final int FIRST_JAVA_THAT_WARNS = 22; // of natives that nobody allowed

    private JavaCommand() {}

    /**
     * The words of a command that runs a class of this program with this process's Java and class path; the class's arguments
     * are to follow them.
     *
     * @param options options of the virtual machine
     * @param main the class with the method {@code main}
     * @return a list that may be changed
     */
    public static List<String> words(List<String> options, Class<?> main) {
        List<String> words = new ArrayList<>();
        words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        words.addAll(options);
        if (Runtime.version().feature() >= FIRST_JAVA_THAT_WARNS) {
            words.add("--enable-native-access=ALL-UNNAMED"); // the jar's manifest allows it only to java -jar
        }
        words.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        return words;
    }
}
