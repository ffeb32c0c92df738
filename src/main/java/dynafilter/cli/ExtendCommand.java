package dynafilter.cli;

import dynafilter.checkpoint.CalibrationEntry;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.ClassNames;
import dynafilter.data.DataOptions;
import dynafilter.io.InputException;
import dynafilter.io.SameFile;
import dynafilter.model.FilterKind;
import dynafilter.run.Extension;
import dynafilter.run.ExtensionPlan;
import dynafilter.run.ExtensionReport;
import dynafilter.run.FolderLocks;
import dynafilter.run.Interruption;
import dynafilter.run.Logging;
import dynafilter.run.Session;
import dynafilter.run.Terminal;
import dynafilter.runfolder.FolderLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** The command {@code extend}: adds a label to a trained network of dynamic filters, whose other labels stay as they are. */
final class ExtendCommand implements Command {
    private static final int MOST = 1_000_000;

    @Override
    public String name() {
        return "extend";
    }

    @Override
    public String summary() {
        return "add a label to a trained dynamic network, from a few images or its word; the old labels' scores stay as they are";
    }

    @Override
    public Options options() {
        Options options = new Options()
                .addOption(ModelOption.model("a checkpoint with dynamic filters"))
                .addOption(CommonOptions.valued("label", "NAME", "the new label"))
                .addOption(
                        CommonOptions.valued(
                                "images",
                                "DIR",
                                "images of it to learn from: a folder, or one file; without, its word vector alone makes the label"))
                .addOption(
                        CommonOptions.valued("test-images", "DIR", "further images of it, to tell its accuracy from"))
                .addOption(CommonOptions.valued(
                        "against",
                        "DATA",
                        "the old labels' data set, as --data: its training images keep the new label from claiming too"
                                + " much, its test images tell what it costs"))
                .addOption(CommonOptions.valued(
                        "negatives", "N", "training images of --against to take [" + ExtensionPlan.NEGATIVES + "]"))
                .addOption(CommonOptions.valued(
                        "old-weight",
                        "X",
                        "how much these count together, where the new label's images count 1; higher: the old labels lose"
                                + " less [the number of old labels]"))
                .addOption(CommonOptions.valued(
                        "steps",
                        "N",
                        "of the optimizer; without --against at most so many, until half of the images are won ["
                                + ExtensionPlan.STEPS + "]"))
                .addOption(CommonOptions.valued(
                        "folds",
                        "N",
                        "parts of the images that take turns in telling the accuracy of what the others taught; 0: none"
                                + " [" + ExtensionPlan.FOLDS + "]"))
                .addOption(CommonOptions.valued(
                        "label-vectors",
                        "FILE",
                        "start from the label's word vector, as the network's labels did; without --images stay there"))
                .addOption(DataOption.skipBad())
                .addOption(DataOption.noExif())
                .addOption(CommonOptions.valued("seed", "N", "of the choice of images for --negatives and --folds [0]"))
                .addOption(CommonOptions.valued("out", "FILE", "where to write [extended.pt beside --model]"))
                .addOption(CommonOptions.flag("overwrite", "replace the file --out"))
                .addOption(CommonOptions.json("write the report as JSON"));
        return CommonOptions.addCompute(options);
    }

    @Override
    public List<String> examples() {
        return List.of(
                "extend --model checkpoints/RUN/best.pt --label otter --images otters/",
                "extend --model checkpoints/RUN/best.pt --label otter --images otters/ --against data/cifar-10-batches-bin",
                "extend --model checkpoints/RUN/best.pt --label otter --label-vectors glove.txt   # of --freeze-labels",
                "eval --model checkpoints/RUN/extended.pt --data DIR      # a data set with the new label, too");
    }

    @Override
    public int run(CommandLine line, Interruption interruption) {
        CommonOptions.refuseArguments(line, name());
        Path model = ModelOption.file(line);
        ExtensionPlan plan = new ExtensionPlan(
                model,
                label(line),
                line.hasOption("images") ? ImageFolderOption.files(line, "images") : List.of(),
                line.hasOption("test-images") ? ImageFolderOption.files(line, "test-images") : List.of(),
                line.getOptionValue("against"),
                CommonOptions.integer(line, "negatives", 1, MOST, ExtensionPlan.NEGATIVES),
                CommonOptions.positive(line, "old-weight"),
                CommonOptions.integer(line, "steps", 1, MOST, ExtensionPlan.STEPS),
                CommonOptions.integer(line, "folds", 0, MOST, ExtensionPlan.FOLDS),
                line.getOptionValue("label-vectors"),
                !line.hasOption(DataOption.NO_EXIF),
                line.hasOption(DataOption.SKIP_BAD),
                CommonOptions.integer(line, "seed", 0, Integer.MAX_VALUE, 0),
                out(line, model));
        if (plan.files().isEmpty()) {
            requireWord(line);
        } else if (line.hasOption("negatives") || line.hasOption("old-weight")) {
            requireAgainst(line);
        }
        JsonOutput json = JsonOutput.of(line);
        Session session = Session.open(CommonOptions.device(line), null);
        try (FolderLock lock = FolderLocks.ofFiles(name(), plan.out());
                TrainedNetwork trained = TrainedNetwork.read(model, session.device())) {
            requireExtensible(model, trained);
            requireNew(plan.label(), trained.classes());
            if (trained.training().containsKey(CalibrationEntry.NAME)) {
                Logging.log()
                        .warn(
                                "the network's calibration knows nothing of a new label, and is left out; calibrate again");
            }
            Logging.log().info("model      {}: {}", model, trained.description());
            DataOptions data = DataOption.of(line, trained.imageSize(), Terminal.auto());
            ExtensionReport report = new Extension(plan, trained, data, session).run();
            System.out.println(report);
            json.write(report.document());
        }
        return ExitCode.DONE;
    }

    /** Sees that a label without images has a word, and that nothing is said of learning. */
    private static void requireWord(CommandLine line) {
        if (!line.hasOption("label-vectors")) {
            throw new InputException(
                    "option --images is missing: give images of the label to learn from, or --label-vectors"
                            + " FILE to make it of its word alone");
        }
        for (String option : List.of("negatives", "old-weight", "steps", "folds", "seed", DataOption.SKIP_BAD)) {
            if (line.hasOption(option)) {
                throw new InputException("--" + option + " is about learning from --images, of which there are none;"
                        + " give these, or leave it out");
            }
        }
    }

    private static void requireAgainst(CommandLine line) {
        if (!line.hasOption("against")) {
            throw new InputException("--negatives and --old-weight are about the images of --against; give that, too");
        }
    }

    private static String label(CommandLine line) {
        String label = line.getOptionValue("label");
        if (label == null) {
            throw new InputException("option --label is missing: give the name of the new label");
        }
        if (label.codePoints().anyMatch(Character::isISOControl)) {
            throw new InputException("--label has a line break or another control character in it; give a plain name");
        }
        return label.strip();
    }

    private static Path out(CommandLine line, Path model) {
        Path out = CommonOptions.output(line, "out", model.resolveSibling("extended.pt"));
        if (SameFile.of(out, model)) {
            throw new InputException("--out " + out + " is --model itself, which stays as it is; name another file");
        }
        if (Files.exists(out) && !line.hasOption("overwrite")) {
            throw new InputException(out + " exists; name another --out, or replace it with --overwrite");
        }
        return out;
    }

    private static void requireExtensible(Path model, TrainedNetwork trained) {
        if (!trained.hasNetwork()) {
            throw new InputException(
                    model + " is TorchScript, whose labels are fixed; give the checkpoint it was" + " exported from");
        }
        FilterKind filters = trained.network().shape().design().kind();
        if (!filters.hasEmbeddings()) {
            throw new InputException(
                    model + " has " + filters + " filters, which are made of no label: only a network whose filters are"
                            + " made of labels, as with --filters dynamic, can be given another one");
        }
        if (!trained.hasNames()) {
            throw new InputException(model + " is a plain state dict, whose labels have no names; give a checkpoint");
        }
    }

    private static void requireNew(String label, List<String> classes) {
        String key = ClassNames.key(label);
        classes.stream()
                .filter(name -> ClassNames.key(name).equals(key))
                .findFirst()
                .ifPresent(name -> {
                    throw new InputException("--label " + label + ": the network has the label " + name
                            + (name.equals(label) ? "" : ", which differs by case alone") + "; give another name");
                });
    }
}
