package dynafilter.cli;

import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.ClassNames;
import dynafilter.data.DataSet;
import dynafilter.io.InputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;

/** The option {@code --model}, which names the file of a trained network. */
final class ModelOption {
    static final String ANY_KIND = "a checkpoint, TorchScript, ONNX, safetensors or a state dict";
    private static final String MODEL = "model";

    private ModelOption() {}

    static Option model(String what) {
        return CommonOptions.valued(MODEL, "FILE", what);
    }

    /**
     * The file that the option names.
     *
     * @throws InputException where the option is missing, or names no file
     */
    static Path file(CommandLine line) {
        Path model = CommonOptions.path(line, MODEL);
        if (model == null) {
            throw new InputException("option --model is missing: give the best.pt or last.pt of a run");
        }
        if (Files.isDirectory(model)) {
            throw new InputException(
                    "--model " + model + " is a folder; give a file in it, such as " + model.resolve("best.pt"));
        }
        if (!Files.exists(model)) {
            throw new InputException("--model " + model + " does not exist; give the best.pt or last.pt of a run");
        }
        return model;
    }

    /**
     * Sees that a data set has the classes of a network.
     *
     * @throws InputException where it has others
     */
    static void requireSameClasses(Path model, TrainedNetwork trained, DataSet set) {
        List<String> known = trained.classes();
        if (trained.hasNames()
                ? !known.equals(set.classes())
                : known.size() != set.classes().size()) {
            throw new InputException("the network in " + model + " knows "
                    + (trained.hasNames() ? "the classes " + ClassNames.shown(known) : known.size() + " classes")
                    + ", the data set has "
                    + ClassNames.shown(set.classes()) + "; give the --data it was trained on");
        }
    }
}
