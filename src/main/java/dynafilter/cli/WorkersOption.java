package dynafilter.cli;

import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import dynafilter.run.LocalWorkers;
import dynafilter.runtime.CudaDiagnosis;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.jspecify.annotations.Nullable;

/** The option {@code --workers}: the same command in several processes of this machine. */
final class WorkersOption {
    static final String NAME = "workers";
    private static final int MOST = 1024;

    private WorkersOption() {}

    /** The number of processes that a command line asks for; 1 without the option. */
    static int count(CommandLine line) {
        return CommonOptions.integer(line, NAME, 1, MOST, 1);
    }

    /**
     * Executes a command in several processes, and returns its exit code.
     *
     * @param json of this process; where that is standard output, the workers' outcome is passed on to it
     */
    static int run(String command, CommandLine line, JsonOutput json) {
        if (line.getOptionValue(CommonOptions.DEVICE, "").equals("cuda")) {
            CudaDiagnosis.ofMachine(CommonOptions.path(line, CommonOptions.CUDA_LIBS))
                    .tooFewGpus(count(line), System.getenv("CUDA_VISIBLE_DEVICES"))
                    .ifPresent(problem -> {
                        throw new InputException(
                                "--workers " + count(line) + ": " + problem + "; start fewer, or use --device cpu");
                    });
        }
        if (!json.isStandard()) {
            return start(words(command, line, line.getOptionValue(CommonOptions.JSON)), line, false);
        }
        try {
            Path outcome = Files.createTempFile("dynafilter", ".json");
            try {
                int code = start(words(command, line, outcome.toString()), line, true);
                if (Files.size(outcome) > 0) {
                    json.write(JsonFile.read(outcome));
                }
                return code;
            } finally {
                Files.deleteIfExists(outcome);
            }
        } catch (IOException failure) {
            throw new InputException(
                    "--json -: cannot keep a temporary file in " + System.getProperty("java.io.tmpdir") + " ("
                            + failure.getMessage() + "); name a file for --json",
                    failure);
        }
    }

    private static int start(List<String> words, CommandLine line, boolean toStderr) {
        List<Integer> codes = LocalWorkers.run(Main.class, words, count(line), toStderr);
        for (int code : new int[] {ExitCode.USAGE, ExitCode.UNREAD}) {
            if (codes.contains(code)) {
                return code; // the others end because of that one
            }
        }
        return codes.stream().allMatch(code -> code == ExitCode.DONE) ? ExitCode.DONE : ExitCode.FAILED;
    }

    /** The words of the same command without {@code --workers}, with its {@code --json} replaced. */
    private static List<String> words(String command, CommandLine line, @Nullable String json) {
        List<String> words = new ArrayList<>(List.of(command));
        for (Option option : line.getOptions()) {
            if (!option.getLongOpt().equals(NAME)) {
                words.add("--" + option.getLongOpt());
                if (option.hasArg()) {
                    words.add(option.getLongOpt().equals(CommonOptions.JSON) ? json : option.getValue());
                }
            }
        }
        return words;
    }
}
