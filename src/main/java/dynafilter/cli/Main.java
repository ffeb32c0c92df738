package dynafilter.cli;

import dynafilter.distributed.WorkerFailure;
import dynafilter.io.InputException;
import dynafilter.io.OutputException;
import dynafilter.io.SystemLocale;
import dynafilter.run.Interruption;
import dynafilter.run.Logging;
import dynafilter.run.StandardOutput;
import dynafilter.run.Streams;
import dynafilter.run.Version;
import dynafilter.runtime.ConvolutionLimit;
import dynafilter.runtime.CudaGpu;
import dynafilter.runtime.NativeRuntime;
import dynafilter.runtime.OutOfMemory;
import dynafilter.train.TrainingFailure;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.jspecify.annotations.Nullable;

/** The program: finds the command, executes it, and turns a failure into one line and an exit code. */
public final class Main {
    private final StandardOutput out;
    private final List<Command> commands;

    private Main(StandardOutput out) {
        this.out = out;
        commands = List.of(
                new TrainCommand(),
                new EvalCommand(),
                new PredictCommand(),
                new ServeCommand(),
                new MapsCommand(),
                new CompareCommand(),
                new ReportCommand(),
                new ExportCommand(),
                new ExtendCommand(),
                new CalibrateCommand(),
                new BenchmarkCommand(),
                new DoctorCommand(),
                new DataCommand(),
                new ShellCommand(words -> run(out, words), this::looksForCuda));
    }

    /** Executes a command line and ends the process with its exit code. */
    public static void main(String[] arguments) {
        Streams.open();
        if (arguments.length > 0 && !arguments[0].equals(ShellCommand.NAME)) {
            ConvolutionLimit.promiseOneCommand();
        }
        System.exit(run(StandardOutput.ofProcess(), arguments));
    }

    /** Executes a command line and returns its exit code; nothing of it is left for the next one in this process. */
    static int run(StandardOutput out, String... arguments) {
        PrintStream before = System.out;
        PrintStream errBefore = System.err;
        System.setOut(out.printer());
        try (Interruption interruption = new Interruption(out::isUnread)) {
            int code = new Main(out).run(interruption, arguments);
            // What the log could not print, nobody has noticed so far.
            return code != ExitCode.DONE
                    ? code
                    : out.problem().map(lost -> fail(out, lost)).orElse(code);
        } finally {
            System.setOut(before);
            System.setErr(errBefore);
            Logging.reset();
        }
    }

    private int run(Interruption interruption, String... arguments) {
        try {
            if (arguments.length == 0 || List.of("--help", "-h", "help").contains(arguments[0])) {
                return help(arguments);
            }
            if (arguments[0].equals("--version")) {
                System.out.println("dynafilter " + Version.ofProgram());
                return ExitCode.DONE;
            }
            return run(find(arguments[0]), Arrays.copyOfRange(arguments, 1, arguments.length), interruption);
        } catch (InputException wrong) {
            return fail(wrong, wrong.getMessage(), ExitCode.USAGE);
        } catch (OutputException unwritten) {
            return fail(out, unwritten);
        } catch (TrainingFailure | WorkerFailure stopped) {
            return fail(stopped, stopped.getMessage(), ExitCode.FAILED);
        } catch (RuntimeException | LinkageError | OutOfMemoryError failure) {
            return fail(failure, explain(failure), ExitCode.FAILED);
        }
    }

    private static String explain(Throwable failure) {
        return OutOfMemory.in(failure)
                .map(what -> "out of memory: " + what + "; free some, or use a smaller --batch-size")
                .orElseGet(() -> "the run failed: " + NativeRuntime.firstLine(failure) + cause(failure)
                        + (Logging.hasFile() ? " (train.log says where)" : " (--verbose shows where)"));
    }

    /** Where a library hides what the GPU has come to: CUDA's own words. */
    private static String cause(Throwable failure) {
        return CudaGpu.fault()
                .filter(why -> !NativeRuntime.firstLine(failure).contains(why))
                .map(why -> ", since on this GPU " + why)
                .orElse("");
    }

    private static int run(Command command, String[] arguments, Interruption interruption) {
        Options options = CommonOptions.addTo(command.options());
        if (Arrays.asList(arguments).contains("--help")
                || Arrays.asList(arguments).contains("-h")) {
            Help.print(command, options);
            return ExitCode.DONE;
        }
        requireLetters(arguments);
        CommandLine line;
        try {
            line = DefaultParser.builder()
                    .setAllowPartialMatching(false)
                    .setStripLeadingAndTrailingQuotes(false) // the shell has taken its own; --label=X keeps the others
                    .get()
                    .parse(options, arguments);
        } catch (ParseException wrong) {
            throw new InputException(
                    Suggestion.explain(wrong, options) + "; `dynafilter " + command.name()
                            + " --help` lists the options",
                    wrong);
        }
        CommonOptions.check(line);
        Path cache = CommonOptions.path(line, CommonOptions.NATIVE_CACHE);
        if (cache != null) {
            NativeRuntime.unpackInto(cache);
        }
        Logging.verbose(line.hasOption(CommonOptions.VERBOSE));
        return command.run(line, interruption);
    }

    /** Refuses names that this locale cannot read, before one of them is looked for, or kept as a label. */
    private static void requireLetters(String... arguments) {
        for (String argument : arguments) {
            SystemLocale.requireLetters("the argument", argument);
        }
        SystemLocale.requireLetters("the working directory", System.getProperty("user.dir"));
        SystemLocale.requireLetters("the home folder", System.getProperty("user.home"));
    }

    private int help(String[] arguments) {
        if (arguments.length > 1) {
            Command command = find(arguments[1]);
            Help.print(command, CommonOptions.addTo(command.options()));
        } else {
            Help.print(commands);
        }
        return ExitCode.DONE;
    }

    private boolean looksForCuda(String name) {
        return commands.stream()
                .anyMatch(command ->
                        command.name().equals(name) && command.options().hasLongOption(CommonOptions.CUDA_LIBS));
    }

    private Command find(String name) {
        List<String> words = Stream.concat(commands.stream().map(Command::name), Stream.of("--help", "--version"))
                .toList();
        return commands.stream()
                .filter(command -> command.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new InputException("unknown command '" + name + "'" + Suggestion.nearest(name, words)
                        + "; `dynafilter --help` lists the commands"));
    }

    /** Ends the process at once and prints the reason, for threads that cannot be woken. */
    static void endNow(String why) {
        System.err.println("dynafilter: " + why);
        Runtime.getRuntime().halt(ExitCode.FAILED);
    }

    private static int fail(StandardOutput out, OutputException failure) {
        return out.isUnread(failure) ? ExitCode.UNREAD : fail(failure, failure.getMessage(), ExitCode.FAILED);
    }

    private static int fail(Throwable failure, @Nullable String message, int code) {
        String line = String.valueOf(message).strip().replaceAll("\\R+", " ");
        System.err.println("dynafilter: " + line + SystemLocale.hint(line));
        Logging.debug(failure);
        return code;
    }
}
