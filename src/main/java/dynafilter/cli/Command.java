package dynafilter.cli;

import dynafilter.run.Interruption;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** A command of the program. Making one and asking for its options loads no native code. */
interface Command {
    String name();

    /** One line for the list of commands. */
    String summary();

    /** What follows the name in the usage line, such as {@code [options]}. */
    default String arguments() {
        return "[options]";
    }

    Options options();

    /** Command lines to show in the help, without the program's name. */
    List<String> examples();

    /**
     * @param interruption armed by commands that have something to save when they are stopped
     * @return the exit code
     * @throws dynafilter.io.InputException for input that cannot be used
     */
    int run(CommandLine line, Interruption interruption);
}
