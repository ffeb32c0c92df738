package dynafilter.cli;

import dynafilter.io.InputException;
import dynafilter.io.SystemLocale;
import dynafilter.run.DeviceRequest;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.CudaGraphMode;
import dynafilter.runtime.Precision;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.jspecify.annotations.Nullable;

/** The options that several commands share, and the reading of their values. */
final class CommonOptions {
    static final String VERBOSE = "verbose";
    static final String DEVICE = "device";
    static final String THREADS = "threads";
    static final String CUDA_LIBS = "cuda-libs";
    static final String JSON = "json";
    static final String NATIVE_CACHE = "native-cache";
    static final String CUDA_GRAPH = "cuda-graph";
    private static final String PRECISION = "precision";
    static final String STANDARD_OUTPUT = "-";
    private static final int MOST_THREADS = 1024;

    private CommonOptions() {}

    /** Adds the options that every command has. */
    static Options addTo(Options options) {
        return options.addOption(valued(
                        NATIVE_CACHE, "DIR", "unpack the native libraries there [.javacpp/cache in the home folder]"))
                .addOption(flag(VERBOSE, "print the debug log, with stack traces"))
                .addOption(Option.builder("h")
                        .longOpt("help")
                        .desc("show this help")
                        .get());
    }

    /** Adds the options that every command has that computes. */
    static Options addCompute(Options options) {
        return options.addOption(valued(DEVICE, "D", "auto (CUDA where it works, else the CPU), cpu, cuda or cuda:N"))
                .addOption(valued(THREADS, "N", "CPU threads; default: OMP_NUM_THREADS, else one a physical core"))
                .addOption(valued(CUDA_LIBS, "DIR", "look for CUDA's libraries there first"));
    }

    static Option cudaGraphOption() {
        return valued(CUDA_GRAPH, "MODE", "replay the step as one CUDA graph: auto (on CUDA), on or off [auto]");
    }

    static Option precision() {
        return valued(PRECISION, "P", "fp32, tf32 (CUDA) or bf16 (autocast) [" + Precision.FP32 + "]");
    }

    static Option json(String what) {
        return valued(JSON, "FILE", what + "; - for standard output, and nothing else there");
    }

    static Option flag(String name, String description) {
        return Option.builder().longOpt(name).desc(description).get();
    }

    static Option valued(String name, String argument, String description) {
        return Option.builder()
                .longOpt(name)
                .hasArg()
                .argName(argument)
                .desc(description)
                .get();
    }

    /**
     * Refuses words that are not options.
     *
     * @throws InputException naming the first
     */
    static void refuseArguments(CommandLine line, String command) {
        if (!line.getArgList().isEmpty()) {
            throw new InputException(
                    command + " takes no argument '" + line.getArgList().get(0) + "'; options begin with --");
        }
    }

    /** The path that an option gives; null without the option. */
    static @Nullable Path path(CommandLine line, String option) {
        String value = line.getOptionValue(option);
        return value == null ? null : SystemLocale.path("--" + option, value, "give a file or folder");
    }

    /**
     * The file that an option names for a result, checked before the work; null without the option.
     *
     * @throws InputException where it cannot be written, or the command line names it elsewhere
     */
    static @Nullable Path output(CommandLine line, String option) {
        Path file = replaced(line, option);
        if (file != null) {
            OtherFiles.refuse(line, option, file);
        }
        return file;
    }

    /**
     * The file that an option names for a result, which may be one that the command reads; null without the option.
     *
     * @throws InputException where it cannot be written
     */
    static @Nullable Path replaced(CommandLine line, String option) {
        Path file = path(line, option);
        if (STANDARD_OUTPUT.equals(line.getOptionValue(option))) {
            throw new InputException("--" + option + " -: only --json goes to standard output; name a file (./- for one"
                    + " that is called so)");
        }
        return file == null ? null : writable("--" + option + " " + file, file);
    }

    /**
     * The file that an option names for a result, checked before the work.
     *
     * @param otherwise the file where the option is not given
     * @throws InputException where it cannot be written
     */
    static Path output(CommandLine line, String option, Path otherwise) {
        Path given = output(line, option);
        return given != null ? given : writable(otherwise.toString(), otherwise);
    }

    /**
     * A file, once it is known that it can be written.
     *
     * @param what the name of the file in messages
     * @throws InputException where it cannot be written
     */
    static Path writable(String what, Path file) {
        Path folder = file.toAbsolutePath().getParent();
        if (Files.isDirectory(file)) {
            throw new InputException(what + " is a folder; give the name of a file in it");
        }
        if (folder == null || !Files.isDirectory(folder)) {
            throw new InputException(what + ": there is no folder " + folder + "; make it first");
        }
        if (!Files.isWritable(Files.exists(file) ? file : folder)) {
            throw new InputException(what + " cannot be written; check its permissions");
        }
        return file;
    }

    /**
     * The whole number that an option gives, or a default.
     *
     * @throws InputException where it is not a whole number from {@code least} to {@code most}
     */
    static int integer(CommandLine line, String option, int least, int most, int otherwise) {
        String value = line.getOptionValue(option);
        if (value == null) {
            return otherwise;
        }
        try {
            BigDecimal number = new BigDecimal(value); // 1e6 is a whole number, too
            if (number.compareTo(BigDecimal.valueOf(least)) < 0) {
                throw new InputException("--" + option + " " + value + ": must be at least " + least);
            }
            if (number.compareTo(BigDecimal.valueOf(most)) > 0) {
                throw new InputException("--" + option + " " + value + ": must be at most " + most);
            }
            return number.intValueExact();
        } catch (NumberFormatException wrong) {
            throw new InputException("--" + option + " " + value + ": not a number", wrong);
        } catch (ArithmeticException wrong) {
            throw new InputException("--" + option + " " + value + ": not a whole number", wrong);
        }
    }

    /**
     * The number above zero that an option gives; empty without the option.
     *
     * @throws InputException where it is not such a number
     */
    static @Nullable Double positive(CommandLine line, String option) {
        String value = line.getOptionValue(option);
        if (value == null) {
            return null;
        }
        try {
            double number = new BigDecimal(value).doubleValue();
            if (number > 0 && Double.isFinite(number)) {
                return number;
            }
        } catch (NumberFormatException wrong) {
            throw new InputException("--" + option + " " + value + ": not a number", wrong);
        }
        throw new InputException("--" + option + " " + value + ": must be above 0");
    }

    /** The given number of CPU threads, or a default; more than a machine can have would make libtorch crash. */
    static int threads(CommandLine line, int otherwise) {
        return integer(line, THREADS, 1, MOST_THREADS, otherwise);
    }

    /** The device that a command line asks for. */
    static DeviceRequest device(CommandLine line) {
        return new DeviceRequest(
                line.getOptionValue(DEVICE, DeviceRequest.AUTO), threads(line, 0), path(line, CUDA_LIBS));
    }

    static Precision precision(CommandLine line) {
        return Precision.of(line.getOptionValue(PRECISION, Precision.FP32.toString()));
    }

    static CudaGraphMode cudaGraph(CommandLine line) {
        return CudaGraphMode.of(line.getOptionValue(CUDA_GRAPH, CudaGraphMode.AUTO.toString()));
    }

    /**
     * Refuses options that are wrong for every command, before natives are loaded.
     *
     * @throws InputException naming the first
     */
    static void check(CommandLine line) {
        for (Option option : line.getOptions()) {
            String[] values = line.getOptionValues(option);
            if (values == null) {
                continue; // a value that may be left out
            }
            if (option.hasArg() && values.length > 1) {
                throw new InputException("option --" + option.getLongOpt() + " is given " + values.length
                        + " times, as " + String.join(" and ", values) + "; give it once");
            }
            if (option.hasArg() && values[0].isBlank()) {
                throw new InputException("option --" + option.getLongOpt() + " needs a value " + option.getArgName());
            }
        }
        threads(line, 1);
        if (line.hasOption(DEVICE)) {
            ComputeDevice.requireName(line.getOptionValue(DEVICE));
        }
        if (line.hasOption(CUDA_GRAPH)) {
            cudaGraph(line);
        }
    }
}
