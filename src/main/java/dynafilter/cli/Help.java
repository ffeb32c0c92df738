package dynafilter.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.commons.cli.HelpFormatter;
import org.apache.commons.cli.Options;

/** The help of the program and of its commands. */
@SuppressWarnings("deprecation") // its successor formats whole pages; this one prints just the options, in our order
final class Help {
    private static final int WIDTH = 100;

    private Help() {}

    static void print(List<Command> commands) {
        System.out.println("Trains image classifiers whose last convolution is generated from the label.\n");
        System.out.println("usage: dynafilter COMMAND [options]\n");
        commands.forEach(command -> System.out.printf("  %-10s %s%n", command.name(), command.summary()));
        System.out.println("\n`dynafilter COMMAND --help` lists a command's options. First steps:\n");
        System.out.println("  dynafilter train --data sample --backbone random --epochs 5");
        System.out.println("  dynafilter data download");
        System.out.println("  dynafilter train");
        System.out.println("  dynafilter eval --model checkpoints/NAME/best.pt");
    }

    static void print(Command command, Options options) {
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        HelpFormatter formatter = new HelpFormatter();
        formatter.setOptionComparator(null); // in the order they were added
        out.println(command.summary() + "\n");
        out.println("usage: dynafilter " + command.name() + " " + command.arguments() + "\n");
        formatter.printOptions(out, WIDTH, options, 2, 2);
        out.println("\nexamples:");
        command.examples().forEach(example -> out.println("  dynafilter " + example));
        out.flush();
    }
}
