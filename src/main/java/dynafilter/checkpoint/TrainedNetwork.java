package dynafilter.checkpoint;

import dynafilter.data.ClassNames;
import dynafilter.data.device.ChannelStatistics;
import dynafilter.io.InputException;
import dynafilter.model.Calibration;
import dynafilter.model.Classifier;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.NetworkClassifier;
import dynafilter.model.NetworkShape;
import dynafilter.model.StateDict;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import dynafilter.torchfile.SafetensorsFile;
import dynafilter.torchfile.TorchScriptArchive;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** A trained network from a file, on a device, ready to score images. */
public final class TrainedNetwork implements AutoCloseable {
    /** The entry of {@link #training} with the checksum of the data set. */
    public static final String DATA_SHA256 = "data_sha256";

    /** The description of a network in its file; see the methods of these names. */
    record Origin(
            Path file,
            String description,
            List<String> classes,
            boolean hasNames,
            int imageSize,
            ChannelStatistics statistics,
            Map<String, Object> training,
            @Nullable UnseenLabels unseen) {
        /** @throws InputException where the names of the classes are no lines of text */
        Origin {
            ClassNames.checkLines(file, classes);
            if (unseen != null) {
                ClassNames.checkLines(file, unseen.names());
            }
        }

        /** The origin of a network of whose training no held-out labels are known. */
        Origin(
                Path file,
                String description,
                List<String> classes,
                boolean hasNames,
                int imageSize,
                ChannelStatistics statistics,
                Map<String, Object> training) {
            this(file, description, classes, hasNames, imageSize, statistics, training, null);
        }
    }

    private final Origin origin;
    private final Map<String, Tensor> state; // empty for TorchScript and ONNX
    private final @Nullable DynamicFilterNetwork network; // null for TorchScript and ONNX
    private final ComputeDevice device;
    private final NativeOwner owner;
    private @Nullable Classifier classifier; // null: of the network, and nobody has asked for it

    private TrainedNetwork(
            Origin origin,
            Map<String, Tensor> state,
            @Nullable DynamicFilterNetwork network,
            @Nullable Classifier classifier,
            ComputeDevice device,
            NativeOwner owner) {
        this.origin = origin;
        this.state = state;
        this.network = network;
        this.classifier = classifier;
        this.device = device;
        this.owner = owner;
    }

    /**
     * A network whose tensors and layers are known.
     *
     * @param state every tensor of the network by name, on the device
     * @param owner the owner of all native objects of the network; closed with this
     */
    static TrainedNetwork of(
            Origin origin,
            Map<String, Tensor> state,
            DynamicFilterNetwork network,
            ComputeDevice device,
            NativeOwner owner) {
        return new TrainedNetwork(origin, state, network, null, device, owner);
    }

    /**
     * A network of which only the results are known.
     *
     * @param owner the owner of the classifier and of all other native objects; closed with this
     */
    static TrainedNetwork of(Origin origin, Classifier classifier, ComputeDevice device, NativeOwner owner) {
        return new TrainedNetwork(origin, Map.of(), null, classifier, device, owner);
    }

    /**
     * Reads a checkpoint (of which it takes the moving average of the weights, where there is one), a TorchScript file, safetensors,
     * or a state dict that {@code torch.save} wrote; the file itself shows which it is. Weights of any precision become float32. A
     * file whose name ends in .onnx is run by ONNX Runtime, on the CPU.
     *
     * @return the network, on the device; the caller closes it
     * @throws InputException where the file is none of these, or its contents are not a network
     */
    public static TrainedNetwork read(Path file, ComputeDevice device) {
        if (OnnxNetworkReader.isOnnx(file)) {
            return OnnxNetworkReader.read(file);
        }
        if (SafetensorsFile.isSafetensors(file)) {
            return SafetensorsNetworkReader.read(file, device);
        }
        return TorchScriptArchive.isTorchScript(file)
                ? ScriptNetworkReader.read(file, device)
                : WeightsReader.read(file, device);
    }

    /** True: {@link #read} takes this file for ONNX, by its name, and has ONNX Runtime run it; false: it is another. */
    public static boolean isOnnx(Path file) {
        return OnnxNetworkReader.isOnnx(file);
    }

    /** The network as a classifier of images. What it computes of the network alone, it does when it is first asked for. */
    public synchronized Classifier classifier() {
        if (classifier == null) {
            classifier = owner.keep(new NetworkClassifier(network(), origin.statistics, device));
        }
        return classifier;
    }

    /** True: its tensors and layers are known; false: it is TorchScript or ONNX, of which only the results are known. */
    public boolean hasNetwork() {
        return network != null;
    }

    /**
     * The network with its tensors and layers.
     *
     * @throws InputException where it came from a TorchScript or ONNX file, which runs as it is
     */
    public DynamicFilterNetwork network() {
        if (network == null) {
            throw new InputException(
                    origin.file + (OnnxNetworkReader.isOnnx(origin.file) ? " is ONNX" : " is TorchScript")
                            + ", which has no parts to take; give the checkpoint it was exported from");
        }
        return network;
    }

    /** Every tensor of {@link #network} by name; empty for a TorchScript file. */
    public Map<String, Tensor> state() {
        return Collections.unmodifiableMap(state);
    }

    /** The labels' names, in the order of the scores. */
    public List<String> classes() {
        return origin.classes;
    }

    /** The height and width of the images that the network takes. */
    public int imageSize() {
        return origin.imageSize;
    }

    /** The statistics that the network's images are normalised by. */
    public ChannelStatistics statistics() {
        return origin.statistics;
    }

    /** The file that the network was read from. */
    public Path file() {
        return origin.file;
    }

    /** True: the file names the classes; false: they are numbered. */
    public boolean hasNames() {
        return origin.hasNames;
    }

    /** The kind of the network's file, for people. */
    public String description() {
        return origin.description;
    }

    /** The record of its training, such as its recipe and accuracy, as plain values. */
    public Map<String, Object> training() {
        return Collections.unmodifiableMap(origin.training);
    }

    /**
     * What makes probabilities of its scores; {@link Calibration#NONE} where its file has none.
     *
     * @throws InputException where the file has one that cannot be used
     */
    public Calibration calibration() {
        return CalibrationEntry.of(origin.training, origin.file);
    }

    /** The labels that training held out, in a checkpoint that tells them; empty where it held out none. */
    public Optional<UnseenLabels> unseen() {
        return Optional.ofNullable(origin.unseen);
    }

    /**
     * The same network with the labels that training held out behind its own, in the order of {@link UnseenLabels#behind}: of every
     * label a filter is made by the same generator.
     *
     * @return the network, which the caller closes before this one
     * @throws IllegalStateException where no labels are known to be held out
     */
    public TrainedNetwork withUnseen() {
        UnseenLabels unseen =
                unseen().orElseThrow(() -> new IllegalStateException(origin.file + " tells of no held-out labels"));
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Map<String, Tensor> wider = new LinkedHashMap<>(state);
            wider.put(
                    NetworkShape.EMBEDDING,
                    unseen.behind(StateDict.tensor(state, NetworkShape.EMBEDDING), origin.classes));
            Map<String, Object> training = new LinkedHashMap<>(origin.training);
            training.remove(CalibrationEntry.NAME); // which was found for the network's own labels
            Origin all = new Origin(
                    origin.file,
                    origin.description,
                    unseen.behind(origin.classes),
                    origin.hasNames,
                    origin.imageSize,
                    origin.statistics,
                    training,
                    unseen);
            NetworkShape shape = network().shape();
            return WeightsReader.of(all, shape.backbone(), shape.design(), wider, device, building);
        }
    }

    @Override
    public void close() {
        owner.close();
    }
}
