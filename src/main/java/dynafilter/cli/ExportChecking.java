package dynafilter.cli;

import dynafilter.benchmark.ExportCheck;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.DataSet;
import dynafilter.data.ImageSet;
import dynafilter.data.source.DataSource;
import dynafilter.run.Logging;
import dynafilter.run.Terminal;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.OnnxRuntime;
import dynafilter.train.HeldOut;
import java.nio.file.Path;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;

/** The option {@code --check}: an exported file is read back and compared on the test pictures of a data set. */
final class ExportChecking {
    private static final String CHECK = "check";
    private static final int PICTURES = 256;

    private ExportChecking() {}

    static Option option() {
        return CommonOptions.valued(
                CHECK,
                "DATA",
                "score " + PICTURES + " test pictures of a data set with the written file, too, and compare");
    }

    /** True: the command line asks for a comparison; false: it does not. */
    static boolean isAsked(CommandLine line) {
        return line.hasOption(CHECK);
    }

    /** Downloads ONNX Runtime where it is missing, with a bar. */
    static OnnxRuntime fetchOnnxRuntime() {
        Terminal terminal = Terminal.auto();
        try {
            return OnnxRuntime.fetch(terminal::bytes);
        } finally {
            terminal.clear();
        }
    }

    /**
     * Compares the file with the network that it was written from, and logs what came out.
     *
     * @return true: they agree; false: they do not
     * @throws dynafilter.io.InputException where the data set or the file cannot be read
     */
    static boolean agrees(CommandLine line, TrainedNetwork trained, Path file) {
        Terminal terminal = Terminal.auto();
        try (DataSet data = DataSource.open(
                        line.getOptionValue(CHECK), DataOption.of(true, false, trained.imageSize(), terminal));
                HeldOut heldOut = HeldOut.of(data, trained.training(), PICTURES);
                ImageSet pictures = heldOut.images();
                TrainedNetwork exported = TrainedNetwork.read(file, ComputeDevice.CPU)) {
            terminal.clear();
            ExportCheck check = ExportCheck.of(trained.classifier(), exported.classifier(), pictures.images());
            Logging.log().info("read back  {}", exported.description());
            Logging.log().info("check      {}: {}", data.name(), check.agreement());
            Logging.log().info("speed      {}", check.speed());
            if (!check.holds()) {
                Logging.log().error("{} does not give the scores of the network that it was written from", file);
            }
            return check.holds();
        } finally {
            terminal.clear();
        }
    }
}
