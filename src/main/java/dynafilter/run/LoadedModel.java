package dynafilter.run;

import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.model.Calibration;
import dynafilter.model.Classifier;
import dynafilter.model.FoldedNetwork;
import dynafilter.model.Scores;
import dynafilter.model.Views;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.NativeRuntime;
import dynafilter.runtime.Precision;
import dynafilter.runtime.TensorBytes;
import dynafilter.train.Evaluator;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** A trained network with the session it is loaded in, ready to score pictures, in any number of threads. */
public final class LoadedModel implements AutoCloseable {
    /** As few images take less time as one batch than one by one on a thread: measured with AVX2 and with AVX-512. */
    private static final int BATCH = 4;

    private final Session session;
    private final Precision precision;
    private final TrainedNetwork trained;
    private final Calibration calibration;
    private final Views views;
    private final Evaluator evaluator;
    private final @Nullable FoldedNetwork folded; // null: there is no quicker way, or it is not wanted
    private final NativeOwner owner;

    private LoadedModel(Path file, Session session, Precision precision, Views views, boolean exact) {
        this.session = session;
        this.precision = precision;
        this.views = views;
        evaluator = new Evaluator(precision, session.device());
        try (NativeOwner building = new NativeOwner()) {
            trained = building.keep(TrainedNetwork.read(file, session.device()));
            session.allowInstructions(trained, precision);
            calibration = trained.calibration();
            boolean plain = exact
                    || views != Views.NONE
                    || precision == Precision.BF16
                    || session.device().isCuda();
            FoldedNetwork quick = plain || !trained.hasNetwork()
                    ? null
                    : FoldedNetwork.of(trained.network(), trained.state(), trained.statistics())
                            .orElse(null);
            folded = quick == null ? null : building.keep(quick);
            owner = building.handOver();
        }
    }

    /**
     * Opens a session and loads a network in it.
     *
     * @param exact true: scores always have the bits of an evaluation; false: {@link #scores(List)} takes a quicker way where
     *     there is one
     * @throws dynafilter.io.InputException where the file is no network, or the device cannot be used
     */
    public static LoadedModel open(Path file, DeviceRequest device, Precision precision, Views views, boolean exact) {
        Session session = Session.open(device);
        session.use(precision);
        return new LoadedModel(file, session, precision, views, exact);
    }

    /** The session that the network is loaded in. */
    public Session session() {
        return session;
    }

    /** The labels' names, in the order of the scores. */
    public List<String> labels() {
        return trained.classes();
    }

    /** The height and width of the images that the network takes. */
    public int imageSize() {
        return trained.imageSize();
    }

    /** What makes probabilities of its scores; {@link Calibration#NONE} where its file has none. */
    public Calibration calibration() {
        return calibration;
    }

    /** The kind of the network's file, for people. */
    public String description() {
        return trained.description();
    }

    /**
     * The scores of images as one batch, with the bits of an evaluation.
     *
     * @param images uint8 [3, S, S] each, on the CPU
     * @return in the order of the images
     */
    public List<Scores> scoresOfBatch(List<Tensor> images) {
        prepareThread(session.threads());
        return evaluator.scores(classifier(), images);
    }

    /**
     * The scores of images.
     *
     * @param images the planes of red, green and blue of each: [3, S, S]
     * @return in the order of the images
     */
    public List<Scores> scores(List<byte[]> images) {
        if (images.isEmpty()) {
            return List.of();
        }
        return folded == null ? batch(images, session.threads()) : shared(folded, images);
    }

    private List<Scores> batch(List<byte[]> images, int threads) {
        prepareThread(threads);
        try (PointerScope scope = new PointerScope()) {
            return evaluator.scores(
                    classifier(), images.stream().map(this::image).toList());
        }
    }

    private Classifier classifier() {
        return views.of(trained.classifier());
    }

    /** The images, shared among as many threads as the session has: threads of one operator would wait for each other. */
    private List<Scores> shared(FoldedNetwork network, List<byte[]> images) {
        int parts = Math.min(session.threads(), images.size());
        IntStream all = IntStream.range(0, parts);
        return (parts == 1 ? all : all.parallel())
                .mapToObj(part -> images.subList(part * images.size() / parts, (part + 1) * images.size() / parts))
                .flatMap(few -> ofOneThread(network, few).stream())
                .toList();
    }

    private List<Scores> ofOneThread(FoldedNetwork network, List<byte[]> images) {
        if (images.size() >= BATCH) {
            return batch(images, 1);
        }
        prepareThread(1);
        return images.stream().map(image -> new Scores(network.scores(image))).toList();
    }

    /**
     * The scores of normalised images, as one batch: those of the pixels that they were made of, not rounded. Networks of
     * TorchScript and ONNX, of which only whole pixels are known to be taken, are given the nearest ones.
     *
     * @param images float32 [3, S, S] each, of mean 0 and deviation 1 by the network's statistics
     * @return in the order of the images
     */
    public List<Scores> scoresOfNormalised(List<float[]> images) {
        prepareThread(session.threads());
        try (PointerScope scope = new PointerScope();
                InferenceMode inference = new InferenceMode();
                Precision.Region autocast = precision.autocast(session.device().type())) {
            Tensor[] pixels = images.stream()
                    .map(image -> TensorBytes.of(unnormalised(image)).view(3, imageSize(), imageSize()))
                    .toArray(Tensor[]::new);
            Tensor batch = torch.stack(new TensorVector(pixels)) // [N, 3, S, S]
                    .to(session.device().toTorch(), ScalarType.Float)
                    .contiguous(MemoryFormat.ChannelsLast);
            Tensor scores = classifier()
                    .scores(batch)
                    .to(new Device(DeviceType.CPU), ScalarType.Float)
                    .contiguous();
            return IntStream.range(0, pixels.length)
                    .mapToObj(i -> new Scores(TensorBytes.floats(scores.select(0, i))))
                    .toList();
        }
    }

    private float[] unnormalised(float[] image) {
        float[] pixels = new float[image.length];
        int plane = image.length / 3;
        for (int i = 0; i < image.length; i++) {
            double mean = trained.statistics().mean().get(i / plane);
            double deviation = trained.statistics().std().get(i / plane);
            float pixel = (float) (255 * (image[i] * deviation + mean));
            pixels[i] = trained.hasNetwork() ? pixel : Math.max(0, Math.min(255, Math.round(pixel)));
        }
        return pixels;
    }

    /** [3, S, S]. */
    private Tensor image(byte[] planes) {
        return TensorBytes.of(planes).view(3, imageSize(), imageSize());
    }

    /**
     * Rows of numbers that belong to the filters, those of a label one after another.
     *
     * @param shape of one image's: [rows, ...]
     * @param heads the number of a label's filters
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    public record Values(long[] shape, int heads, List<Row> rows) {}

    /** @param index of the row, from 0 */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    public record Row(int index, float[] values) {}

    /**
     * The response maps of an image: [K * heads, h, w].
     *
     * @param image the planes of red, green and blue: [3, S, S]
     * @throws dynafilter.io.InputException where the network's file does not give them
     */
    public Values responseMaps(byte[] image) {
        return values(image, trained.classifier()::responseMaps);
    }

    /**
     * The filters that an image is convolved with: [K * heads, length].
     *
     * @param image the planes of red, green and blue: [3, S, S]
     * @throws dynafilter.io.InputException where the network's file does not give them
     */
    public Values filters(byte[] image) {
        return values(image, trained.classifier()::filters);
    }

    private Values values(byte[] image, UnaryOperator<Tensor> work) {
        prepareThread(session.threads());
        try (PointerScope scope = new PointerScope();
                InferenceMode inference = new InferenceMode();
                Precision.Region autocast = precision.autocast(session.device().type())) {
            Tensor made = work.apply(Classifier.batch(List.of(image(image)), session.device()))
                    .select(0, 0)
                    .to(new Device(DeviceType.CPU), ScalarType.Float)
                    .contiguous();
            List<Row> rows = new ArrayList<>();
            for (int row = 0; row < made.size(0); row++) {
                rows.add(new Row(row, TensorBytes.floats(made.select(0, row))));
            }
            return new Values(made.shape(), trained.classifier().heads(), rows);
        }
    }

    /** Sets the calling thread to the device and to a number of threads for its operators: libtorch keeps both by thread. */
    private void prepareThread(int threads) {
        if (session.device().isCuda()) {
            session.device().select();
        } else if (torch.get_num_threads() != threads) {
            NativeRuntime.useThreads(threads);
        }
    }

    /** Releases the network; no call may be under way. */
    @Override
    public void close() {
        owner.close();
    }
}
