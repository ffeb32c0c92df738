package dynafilter.cli;

import dynafilter.run.Interruption;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** A command of the program. Making one and asking for its options loads no native code. */
interface Command {
    /** The name on the command line. */
    String name();

    /** The line in the list of commands. */
    String summary();

    /** The words after the name in the usage line, such as {@code [options]}. */
    default String arguments() {
        return "[options]";
    }

    /** The command's own options, in the order of the help. */
    Options options();

    /** The examples in the help: command lines without the program's name. */
    List<String> examples();

    /**
     * Executes the command.
     *
     * @param interruption armed by commands that have something to save when they are stopped
     * @return the exit code
     * @throws dynafilter.io.InputException for input that cannot be used
     */
    int run(CommandLine line, Interruption interruption);
}
