package dynafilter.api;

import dynafilter.io.FileNames;
import dynafilter.model.Scores;
import dynafilter.run.LoadedModel;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * A trained network that labels pictures:
 *
 * <pre>{@code
 * try (Classifier classifier = Classifier.load(Path.of("best.pt"))) {
 *     System.out.println(classifier.classify(Path.of("photo.jpg")).best().label());
 * }
 * }</pre>
 *
 * <p>It never changes, and any number of threads may use one: each computes in its own thread, and calls do not wait for each
 * other while there are processors. An interrupted thread's call ends as any other does; the thread stays interrupted. {@link
 * #close} waits for calls under way and refuses later ones with an {@link IllegalStateException}.
 */
public final class Classifier implements AutoCloseable {
    private final LoadedModel model;
    private final PictureReader reader;
    private final Calls calls;

    private Classifier(LoadedModel model, String name) {
        this.model = model;
        reader = new PictureReader(model.imageSize());
        calls = new Calls("the classifier of " + name);
    }

    /**
     * Loads a network with the {@linkplain ClassifierOptions#DEFAULT usual options}.
     *
     * @param file what {@code predict --model} takes: a checkpoint, TorchScript, safetensors, a state dict of {@code torch.save},
     *     or an ONNX file of this program
     * @throws BadInputException where the file is not such a network, or this machine cannot load the natives
     */
    public static Classifier load(Path file) {
        return load(file, ClassifierOptions.DEFAULT);
    }

    /**
     * Loads a network.
     *
     * @throws BadInputException where the file is not a network, an option means nothing, or this machine lacks what it needs
     */
    public static Classifier load(Path file, ClassifierOptions options) {
        return Failures.translated(() -> new Classifier(ModelLoading.of(file, options), FileNames.shown(file)));
    }

    /** The labels' names, in the order of the scores; numbered where the file does not name them. */
    public List<String> labels() {
        return model.labels();
    }

    /** Height and width of the pictures that the network takes; all others are scaled to it. */
    public int imageSize() {
        return model.imageSize();
    }

    /**
     * The probability that a picture's likeliest label needs, else the picture is of none of the labels; empty where the network was
     * not calibrated, and every picture is of a label.
     */
    public OptionalDouble threshold() {
        return model.calibration().canReject()
                ? OptionalDouble.of(model.calibration().threshold())
                : OptionalDouble.empty();
    }

    /** The kind of the network and its file, for people. */
    public String description() {
        return model.description();
    }

    /**
     * Decodes and scales a picture file.
     *
     * @throws BadInputException where the file cannot be read, or is no picture that this program reads
     */
    public Picture picture(Path file) {
        return reader.read(file);
    }

    /**
     * Decodes and scales the content of a picture file.
     *
     * @param content as a file holds it, not its pixels; for these there is {@link Picture#ofPlanes}
     * @throws BadInputException where it is no picture that this program reads
     */
    public Picture picture(byte[] content) {
        return reader.read(content);
    }

    /**
     * Scales a picture. Transparency is dropped.
     *
     * @throws BadInputException where it is too narrow
     */
    public Picture picture(BufferedImage image) {
        return reader.read(image);
    }

    /**
     * Labels a picture file.
     *
     * @throws BadInputException as {@link #picture(Path)}
     * @throws IllegalStateException where the classifier is closed
     */
    public Classification classify(Path file) {
        return classify(picture(file));
    }

    /**
     * Labels the content of a picture file.
     *
     * @throws BadInputException as {@link #picture(byte[])}
     * @throws IllegalStateException where the classifier is closed
     */
    public Classification classify(byte[] content) {
        return classify(picture(content));
    }

    /**
     * Labels a picture.
     *
     * @throws BadInputException as {@link #picture(BufferedImage)}
     * @throws IllegalStateException where the classifier is closed
     */
    public Classification classify(BufferedImage image) {
        return classify(picture(image));
    }

    /**
     * Labels a picture.
     *
     * @throws IllegalArgumentException where it has another size than {@link #imageSize}
     * @throws IllegalStateException where the classifier is closed
     */
    public Classification classify(Picture picture) {
        return classify(List.of(picture)).get(0);
    }

    /**
     * Labels pictures, as batches where that is quicker: many pictures in one call take less than half of the time of as many calls.
     *
     * @return in the order of the pictures; none for none
     * @throws IllegalArgumentException where one has another size than {@link #imageSize}
     * @throws IllegalStateException where the classifier is closed
     */
    public List<Classification> classify(List<Picture> pictures) {
        List<byte[]> pixels = pixels(pictures);
        return calls.run(() -> model.scores(pixels)).stream()
                .map(this::classification)
                .toList();
    }

    private List<byte[]> pixels(List<Picture> pictures) {
        List<byte[]> pixels = new ArrayList<>(pictures.size());
        for (Picture picture : pictures) {
            if (picture.size() != imageSize()) {
                throw new IllegalArgumentException(
                        "a picture of " + picture.size() + " pixels for a network that takes " + imageSize());
            }
            pixels.add(picture.pixels());
        }
        return pixels;
    }

    private Classification classification(Scores scores) {
        double[] probabilities = model.calibration().probabilities(scores);
        List<Classification.Score> all = new ArrayList<>(probabilities.length);
        for (int label = 0; label < probabilities.length; label++) {
            all.add(new Classification.Score(labels().get(label), label, scores.logits()[label], probabilities[label]));
        }
        return new Classification(all, model.calibration().rejects(probabilities[scores.predicted()]));
    }

    /**
     * The response maps of a picture: where in it each label's filters respond.
     *
     * @return a map a filter, those of a label one after another; where all labels share theirs, these alone
     * @throws BadInputException where the file is a network that does not give them
     * @throws IllegalArgumentException where the picture has another size than {@link #imageSize}
     * @throws IllegalStateException where the classifier is closed
     */
    public List<LabelMap> responseMaps(Picture picture) {
        byte[] pixels = pixels(List.of(picture)).get(0);
        LoadedModel.Values maps = Failures.translated(() -> calls.run(() -> model.responseMaps(pixels)));
        int height = Math.toIntExact(maps.shape()[1]);
        int width = Math.toIntExact(maps.shape()[2]);
        return maps.rows().stream()
                .map(row -> new LabelMap(
                        labelOf(row.index(), maps), row.index() % maps.heads(), height, width, row.values()))
                .toList();
    }

    /**
     * The filters that a picture is convolved with.
     *
     * @return a filter a response map, in their order; the same for all pictures unless the network makes filters of the picture
     * @throws BadInputException where the file is a network that does not give them
     * @throws IllegalArgumentException where the picture has another size than {@link #imageSize}
     * @throws IllegalStateException where the classifier is closed
     */
    public List<LabelFilter> filters(Picture picture) {
        byte[] pixels = pixels(List.of(picture)).get(0);
        LoadedModel.Values filters = Failures.translated(() -> calls.run(() -> model.filters(pixels)));
        return filters.rows().stream()
                .map(row -> new LabelFilter(labelOf(row.index(), filters), row.index() % filters.heads(), row.values()))
                .toList();
    }

    /**
     * The network's filters, as those of a black picture: all pictures have them, unless the network makes filters of the picture.
     *
     * @throws BadInputException where the file is a network that does not give them
     * @throws IllegalStateException where the classifier is closed
     */
    public List<LabelFilter> filters() {
        return filters(new Picture(imageSize(), new byte[3 * imageSize() * imageSize()]));
    }

    private String labelOf(int row, LoadedModel.Values values) {
        return values.rows().size() < labels().size() * values.heads() ? "" : labels().get(row / values.heads());
    }

    /** Waits for calls under way and releases the network; a second time does nothing. */
    @Override
    public void close() {
        calls.close(model::close);
    }
}
