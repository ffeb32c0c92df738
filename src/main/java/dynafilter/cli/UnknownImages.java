package dynafilter.cli;

import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.ClassNames;
import dynafilter.data.DataOptions;
import dynafilter.data.DataSet;
import dynafilter.data.ImageSet;
import dynafilter.data.LabelSplit;
import dynafilter.data.device.DeviceImages;
import dynafilter.data.folder.DecodedFile;
import dynafilter.data.folder.ImageFiles;
import dynafilter.data.folder.PictureReading;
import dynafilter.data.source.DataSource;
import dynafilter.io.FileNames;
import dynafilter.io.InputException;
import dynafilter.model.Classifier;
import dynafilter.model.Scores;
import dynafilter.run.Logging;
import dynafilter.run.Session;
import dynafilter.run.Terminal;
import dynafilter.runtime.TensorBytes;
import dynafilter.train.Evaluator;
import dynafilter.train.calibration.LabelledScores;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The option {@code --unknown-images}: pictures of none of a network's labels, as any folder of them, or the test images of CIFAR-10 or
 * CIFAR-100 but for those of labels that the network knows.
 */
final class UnknownImages {
    private static final String NAME = "unknown-images";
    private static final int BATCH = 256; // files that are decoded side by side

    private UnknownImages() {}

    static Option option() {
        return CommonOptions.valued(
                NAME,
                "DIR",
                "pictures of nothing that the network knows, to tell how well it tells them from others (AUROC, FPR)");
    }

    /**
     * The folder that the command line names; null: none.
     *
     * @throws InputException where there is no such folder, or it holds no file
     */
    static @Nullable Path folder(CommandLine line) {
        Path folder = CommonOptions.path(line, NAME);
        if (folder != null && !Files.isDirectory(folder)) {
            throw new InputException("--" + NAME + " " + folder + " is no folder; give a folder of pictures");
        }
        if (folder != null && ImageFiles.of(List.of(folder)).isEmpty()) {
            throw new InputException("--" + NAME + " " + folder + " has no pictures; give a folder that has");
        }
        return folder;
    }

    /** Refuses a data set with labels that training held out: images of them are no others. */
    static void requireNoLabelHeldOut(LabelSplit data) {
        if (data.unseen() != null) {
            throw new InputException("--" + NAME + " is about the labels that the network was trained on; give a --data"
                    + " without those that training held out");
        }
    }

    /**
     * The scores of the pictures.
     *
     * @throws InputException where none can be read, or one cannot and is not to be skipped
     */
    static List<Scores> scores(
            Path folder,
            CommandLine line,
            TrainedNetwork trained,
            Classifier classifier,
            Evaluator evaluator,
            Session session) {
        List<Scores> scores = DataSource.holdsCifar(folder)
                ? ofCifar(folder, trained, classifier, evaluator, session)
                : ofFiles(folder, line, trained, classifier, evaluator);
        LabelledScores.requireFinite(scores, "pictures in " + folder);
        return scores;
    }

    private static List<Scores> ofFiles(
            Path folder, CommandLine line, TrainedNetwork trained, Classifier classifier, Evaluator evaluator) {
        List<Path> files = ImageFiles.of(List.of(folder));
        PictureReading reading = DataOption.reading(line, trained.imageSize());
        List<Scores> scores = new ArrayList<>();
        for (int from = 0; from < files.size(); from += BATCH) {
            List<Path> some = files.subList(from, Math.min(from + BATCH, files.size()));
            List<DecodedFile> decoded = DecodedFile.read(some, reading);
            try {
                refuseBad(decoded, line);
                List<Tensor> images = decoded.stream()
                        .filter(DecodedFile::isGood)
                        .map(DecodedFile::image)
                        .toList();
                if (!images.isEmpty()) {
                    scores.addAll(evaluator.scores(classifier, images));
                }
            } finally {
                decoded.forEach(DecodedFile::close);
            }
        }
        if (scores.isEmpty()) {
            throw new InputException("--" + NAME + " " + folder + ": none of its " + files.size()
                    + " files is a picture that can be read; give a folder of pictures");
        }
        Logging.log().info("unknown    {}: {} pictures", folder, scores.size());
        return scores;
    }

    private static void refuseBad(List<DecodedFile> decoded, CommandLine line) {
        for (DecodedFile file : decoded) {
            if (!file.isGood() && !line.hasOption(DataOption.SKIP_BAD)) {
                throw new InputException(FileNames.shown(file.file()) + " " + file.problem()
                        + "; take it away, or leave such files out with --" + DataOption.SKIP_BAD);
            }
        }
    }

    private static List<Scores> ofCifar(
            Path folder, TrainedNetwork trained, Classifier classifier, Evaluator evaluator, Session session) {
        DataOptions options = DataOption.of(true, false, trained.imageSize(), Terminal.auto());
        try (DataSet set = DataSource.open(folder.toString(), options);
                ImageSet unknown = unknown(set, trained.classes());
                DeviceImages images = new DeviceImages(unknown, session.device(), false);
                PointerScope scope = new PointerScope()) {
            Logging.log().info("unknown    {}: {} test images of other labels", set.name(), unknown.size());
            Tensor rows = evaluator.scores(classifier, images).cpu().contiguous();
            List<Scores> scores = new ArrayList<>();
            for (long i = 0; i < unknown.size(); i++) {
                scores.add(new Scores(TensorBytes.floats(rows.select(0, i))));
            }
            return scores;
        }
    }

    private static ImageSet unknown(DataSet set, List<String> known) {
        Set<String> keys = known.stream().map(ClassNames::key).collect(Collectors.toSet());
        List<String> others = set.classes().stream()
                .filter(name -> !keys.contains(ClassNames.key(name)))
                .toList();
        ImageSet test = set.test();
        if (others.isEmpty() || test == null) {
            throw new InputException("--" + NAME + ": the network knows all labels of " + set.name()
                    + "; give pictures of something else");
        }
        return test.ofClasses(others);
    }
}
