package dynafilter.cli;

import dynafilter.io.InputException;
import dynafilter.model.Calibration;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.jspecify.annotations.Nullable;

/**
 * The option {@code --reject [P]}: answers "none of these" where the highest probability is below a threshold.
 *
 * @param isGiven true: some pictures are rejected; false: every picture gets a label
 * @param threshold the one that the command line gives; null: the network's own
 * @param arguments the command line's arguments. Where the word after the option is no number, it is the first of them
 */
record RejectOption(boolean isGiven, @Nullable Double threshold, List<String> arguments) {
    private static final String NAME = "reject";

    static Option option() {
        return Option.builder()
                .longOpt(NAME)
                .hasArg()
                .optionalArg(true)
                .argName("P")
                .desc("answer \"" + Calibration.REJECTED
                        + "\" where the highest probability is below P, such as 0.5; without P"
                        + " below what `calibrate` has found for the network")
                .get();
    }

    /** @throws InputException where a number is given that is no probability */
    static RejectOption of(CommandLine line) {
        String value = line.getOptionValue(NAME);
        if (value == null) {
            return new RejectOption(line.hasOption(NAME), null, line.getArgList());
        }
        try {
            double threshold = new BigDecimal(value).doubleValue();
            if (!(threshold > 0 && threshold <= 1)) {
                throw new InputException("--" + NAME + " " + value + ": give a probability above 0 and at most 1");
            }
            return new RejectOption(true, threshold, line.getArgList());
        } catch (NumberFormatException file) {
            List<String> arguments = new ArrayList<>(List.of(value));
            arguments.addAll(line.getArgList());
            return new RejectOption(true, null, arguments);
        }
    }

    /**
     * The calibration by which pictures are answered.
     *
     * @param own the network's
     * @throws InputException where pictures are to be rejected, and there is no threshold
     */
    Calibration calibration(Calibration own, Path model) {
        if (!isGiven || threshold != null) {
            return own.withThreshold(threshold == null ? 0 : threshold);
        }
        if (!own.canReject()) {
            throw new InputException(
                    "--" + NAME + ": " + model + " has no threshold; find it with `dynafilter calibrate" + " --model "
                            + model + "`, or give one, such as --" + NAME + " 0.5");
        }
        return own;
    }
}
