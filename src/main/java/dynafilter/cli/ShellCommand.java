package dynafilter.cli;

import dynafilter.io.InputException;
import dynafilter.run.DistributedRun;
import dynafilter.run.Interruption;
import dynafilter.run.Streams;
import dynafilter.runtime.CudaDiagnosis;
import dynafilter.runtime.DeviceMemory;
import dynafilter.runtime.NativeRuntime;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.jspecify.annotations.Nullable;

/**
 * The command {@code shell}: executes command lines from standard input, one after another, in one process. Its start, and that of
 * CUDA, take seconds, which many small commands need not pay each.
 */
final class ShellCommand implements Command {
    static final String NAME = "shell";

    private final ToIntFunction<String[]> program;
    private final Predicate<String> computes;

    /**
     * A shell.
     *
     * @param program executes a command line to its end, tells the user of a failure, and returns the exit code
     * @param computes true: the command of this name looks for CUDA's libraries; false: it does not, or there is no such command
     */
    ShellCommand(ToIntFunction<String[]> program, Predicate<String> computes) {
        this.program = program;
        this.computes = computes;
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String summary() {
        return "run the command lines of standard input, one after another, in one process";
    }

    @Override
    public Options options() {
        return new Options()
                .addOption(CommonOptions.valued(
                        CommonOptions.CUDA_LIBS, "DIR", "look for CUDA's libraries there first, for all commands"));
    }

    @Override
    public List<String> examples() {
        return List.of(
                "shell <commands.txt                 # a line of it: train --seed 2 --out checkpoints/second",
                "shell --cuda-libs /opt/cuda-libs <commands.txt");
    }

    /** Returns 0 where every command did; a failing one does not keep the others from being executed. */
    @Override
    public int run(CommandLine line, Interruption interruption) {
        CommonOptions.refuseArguments(line, name());
        DistributedRun.requireAlone(name());
        Path libraries = CommonOptions.path(line, CommonOptions.CUDA_LIBS);
        CudaDiagnosis machine = CudaDiagnosis.ofMachine(libraries);
        if (machine.hasDriver()) {
            NativeRuntime.loadForEveryDevice(machine);
        }
        boolean failed = false;
        try (BufferedReader lines = new BufferedReader(Streams.in())) {
            int count = 0;
            for (String text = lines.readLine(); text != null; text = lines.readLine()) {
                long start = System.nanoTime();
                OptionalInt code = execute(text, libraries);
                if (code.isEmpty()) {
                    continue;
                }
                failed |= code.getAsInt() != ExitCode.DONE;
                DeviceMemory.releaseUnused(machine);
                double seconds = (System.nanoTime() - start) / 1e9;
                System.out.println(String.format(
                        Locale.ROOT,
                        "dynafilter shell: exit code %d (command %d, %.1f s)",
                        code.getAsInt(),
                        ++count,
                        seconds));
                if (Interruption.isProcessEnding() || interruption.getAsBoolean()) {
                    break;
                }
            }
        } catch (IOException unreadable) {
            throw new InputException("standard input cannot be read: " + unreadable.getMessage(), unreadable);
        }
        return failed ? ExitCode.FAILED : ExitCode.DONE;
    }

    /** The exit code of a line; empty where there is no command in it. */
    private OptionalInt execute(String text, @Nullable Path libraries) {
        try {
            List<String> words = CommandWords.of(text);
            if (words.isEmpty()) {
                return OptionalInt.empty();
            }
            require(!words.get(0).equals(name()), "a shell cannot run in a shell");
            // The natives are loaded once.
            for (String option : List.of(CommonOptions.NATIVE_CACHE, CommonOptions.CUDA_LIBS)) {
                require(
                        words.stream().noneMatch(word -> word.matches("--" + option + "(=.*)?")),
                        "in a shell all commands have one --" + option + "; give it to `dynafilter shell`");
            }
            if (libraries != null && computes.test(words.get(0))) {
                words.addAll(List.of("--" + CommonOptions.CUDA_LIBS, libraries.toString()));
            }
            return OptionalInt.of(program.applyAsInt(words.toArray(String[]::new)));
        } catch (InputException wrong) {
            System.err.println("dynafilter: " + wrong.getMessage());
            return OptionalInt.of(ExitCode.USAGE);
        }
    }

    private static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new InputException(otherwise);
        }
    }
}
