package dynafilter.run;

import dynafilter.checkpoint.Checkpoint;
import dynafilter.checkpoint.CheckpointExtension;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.DataOptions;
import dynafilter.data.ImageSet;
import dynafilter.data.device.DeviceImages;
import dynafilter.data.device.Transforms;
import dynafilter.data.folder.DecodedFile;
import dynafilter.data.folder.PictureReading;
import dynafilter.data.words.WordVectors;
import dynafilter.io.Checksum;
import dynafilter.io.FileNames;
import dynafilter.io.InputException;
import dynafilter.model.BackboneArchitecture;
import dynafilter.model.NetworkClassifier;
import dynafilter.model.NetworkShape;
import dynafilter.model.StateDict;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.Precision;
import dynafilter.train.Evaluator;
import dynafilter.train.label.LabelCrossValidation;
import dynafilter.train.label.LabelExamples;
import dynafilter.train.label.LabelLearner;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** One execution of {@code extend}: reads images, learns the embedding of a label, writes the extended checkpoint, and tests it. */
public final class Extension {
    private final ExtensionPlan plan;
    private final TrainedNetwork trained;
    private final ComputeDevice device;
    private final DataOptions data;
    private final ExtensionReport report;
    private final Evaluator evaluator;

    /**
     * The extension of a network.
     *
     * @param trained with dynamic filters, from a checkpoint; the caller closes it
     * @param data the options that open the old labels' data set
     */
    public Extension(ExtensionPlan plan, TrainedNetwork trained, DataOptions data, Session session) {
        this.plan = plan;
        this.trained = trained;
        this.data = data;
        device = session.device();
        evaluator = new Evaluator(Precision.FP32, device);
        report = new ExtensionReport(plan, trained.classes(), session.environment());
    }

    /**
     * Executes the extension.
     *
     * @throws InputException where images, word vectors or the data set of the old labels cannot be used
     */
    public ExtensionReport run() {
        Precision.FP32.apply();
        WordVectors vectors = plan.files().isEmpty() ? TextLabels.read(trained, plan) : labelVector();
        String against = plan.against();
        try (DeviceImages images = plan.files().isEmpty() ? null : read(plan.files());
                DeviceImages testImages = plan.testFiles().isEmpty() ? null : read(plan.testFiles());
                OldLabels old = against == null ? null : OldLabels.open(against, plan, trained, data, device)) {
            if (images == null) {
                makeOfWord(Objects.requireNonNull(vectors, "the label's word is all there is"), old);
            } else {
                learn(vectors, images, old);
            }
            test(images, testImages, old);
        }
        return report.finished();
    }

    private @Nullable WordVectors labelVector() {
        if (plan.labelVectors() == null) {
            return null;
        }
        WordVectors vectors = WordVectors.read(plan.labelVectors(), List.of(plan.label()));
        vectors.requireSize(trained.network().shape().embeddingSize(), plan.labelVectors());
        return vectors;
    }

    private DeviceImages read(List<Path> files) {
        try (ImageSet set = images(files, new PictureReading(trained.imageSize(), plan.exif()), plan.skipBad())) {
            return new DeviceImages(set, null, device, Transforms.NONE, false, trained.statistics());
        }
    }

    /**
     * The images in files, all of one label.
     *
     * @param skipBad true: files that cannot be read are left out, with a warning; false: they are an error
     * @throws InputException where no file can be read, or one cannot and none are to be left out
     */
    private static ImageSet images(List<Path> files, PictureReading reading, boolean skipBad) {
        List<DecodedFile> decoded = DecodedFile.read(files, reading);
        List<DecodedFile> bad = decoded.stream().filter(file -> !file.isGood()).toList();
        try {
            if (!bad.isEmpty() && (!skipBad || bad.size() == files.size())) {
                String which =
                        FileNames.shown(bad.get(0).file()) + " " + bad.get(0).problem();
                String more = bad.size() > 1 ? ", and " + (bad.size() - 1) + " more files are no better" : "";
                String remedy = bad.size() == files.size() ? "" : ", or leave such files out with --skip-bad";
                throw new InputException(which + more + "; give PNG or JPEG images" + remedy);
            }
            bad.forEach(file -> Logging.log().warn("{} {}; left out", FileNames.shown(file.file()), file.problem()));
            return DecodedFile.toSet(decoded);
        } finally {
            decoded.forEach(DecodedFile::close);
        }
    }

    private void learn(@Nullable WordVectors vectors, DeviceImages images, @Nullable OldLabels old) {
        try (LabelExamples own = LabelExamples.of(trained.network(), images);
                LabelExamples others = old == null ? null : LabelExamples.of(trained.network(), old.negatives())) {
            report.examples(own, old);
            LabelLearner learner = new LabelLearner(trained.network(), settings(), device);
            LabelCrossValidation.Method method = examples -> {
                try (PointerScope scope = new PointerScope()) {
                    return learner.learn(start(vectors, examples), examples, others);
                }
            };
            try (Tensor embedding = method.learn(own)) {
                report.learned(learner.won(embedding, own));
                int folds = (int) Math.min(plan.folds(), own.size());
                if (folds > 1) {
                    report.folds(folds, LabelCrossValidation.of(learner, method, own, folds, plan.seed()));
                }
                write(embedding, own.size(), others == null ? 0 : others.size(), plan.steps());
            }
        }
    }

    /** Makes the label of its word vector, as the labels that were trained on are made of theirs. */
    private void makeOfWord(WordVectors vectors, @Nullable OldLabels old) {
        report.ofWord(old);
        try (Tensor embedding = vectors.scaled(0, 1)) {
            write(embedding, 0, 0, 0);
        }
    }

    private LabelLearner.Settings settings() {
        return new LabelLearner.Settings(
                plan.steps(),
                plan.against() == null ? ExtensionPlan.LEARNING_RATE_ALONE : ExtensionPlan.LEARNING_RATE,
                plan.oldWeight() == null ? trained.classes().size() : plan.oldWeight());
    }

    private Tensor start(@Nullable WordVectors vectors, LabelExamples examples) {
        return vectors != null
                ? vectors.scaled()
                : LabelLearner.mixture(
                        Objects.requireNonNull(
                                trained.state().get(NetworkShape.EMBEDDING), "dynamic filters have embeddings"),
                        examples);
    }

    private void write(Tensor embedding, long images, long negatives, long steps) {
        CheckpointExtension.Note note = new CheckpointExtension.Note(
                plan.label(),
                images,
                negatives,
                steps,
                plan.model().getFileName().toString(),
                Checksum.sha256Of(plan.model()));
        try (Checkpoint checkpoint = Checkpoint.read(plan.model());
                Tensor row = embedding.cpu()) {
            CheckpointExtension.write(checkpoint, plan.model(), note, row, plan.out());
        }
    }

    /** Reads the extended checkpoint back, and evaluates it as {@code eval} does. */
    private void test(@Nullable DeviceImages images, @Nullable DeviceImages testImages, @Nullable OldLabels old) {
        try (PointerScope scope = new PointerScope();
                TrainedNetwork extended = TrainedNetwork.read(plan.out(), device)) {
            requireSameBackbone();
            int labels = trained.classes().size();
            DeviceImages own = images != null ? images : testImages;
            if (own != null) {
                Tensor both = scoresOfBoth(extended, own);
                report.oldScores(both.narrow(1, 0, labels), both.narrow(1, labels, labels + 1));
            }
            if (testImages != null) {
                report.tested(evaluator.scores(extended.classifier(), testImages));
            }
            if (old != null) {
                Tensor both = scoresOfBoth(extended, old.test());
                Tensor before = both.narrow(1, 0, labels);
                Tensor after = both.narrow(1, labels, labels + 1);
                report.oldScores(before, after);
                report.cost(
                        Evaluator.evaluation(before, old.test().labels()),
                        Evaluator.evaluation(after, old.test().labels()));
            }
        }
    }

    /** Sees that the file that was written has the backbone of the network that was read: one set of features serves both. */
    private void requireSameBackbone() {
        try (Checkpoint before = Checkpoint.read(plan.model());
                Checkpoint after = Checkpoint.read(plan.out())) {
            Map<String, Tensor> written = after.average().orElse(after.model());
            before.average().orElse(before.model()).forEach((name, tensor) -> {
                if (name.startsWith(BackboneArchitecture.PREFIX) && !tensor.equal(StateDict.tensor(written, name))) {
                    throw new IllegalStateException(plan.out() + " has another " + name + " than " + plan.model());
                }
            });
        }
    }

    /** The scores of the network before and behind its extension: [N, labels + labels + 1]. */
    private Tensor scoresOfBoth(TrainedNetwork extended, DeviceImages images) {
        try (NetworkClassifier before = new NetworkClassifier(trained.network(), trained.statistics(), device);
                NetworkClassifier after = new NetworkClassifier(extended.network(), extended.statistics(), device)) {
            return evaluator.scores(trained.network(), before, after, images);
        }
    }
}
