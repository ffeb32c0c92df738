package dynafilter.checkpoint;

import dynafilter.io.InputException;
import dynafilter.model.Classifier;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import dynafilter.torchfile.TorchScriptArchive;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** A trained network from a file, on a device, ready to score images. */
public final class TrainedNetwork implements AutoCloseable {
    /** The entry of {@link #training} with the checksum of the data set. */
    public static final String DATA_SHA256 = "data_sha256";

    /** What a file tells beside its tensors; see the methods of these names. */
    record Origin(
            Path file,
            String description,
            List<String> classes,
            boolean hasNames,
            int imageSize,
            Map<String, Object> training) {}

    private final Origin origin;
    private final Map<String, Tensor> state; // none of TorchScript
    private final @Nullable DynamicFilterNetwork network; // null for TorchScript
    private final Classifier classifier;
    private final NativeOwner owner;

    /** @param owner of all that the network is made of; closed with this */
    TrainedNetwork(
            Origin origin,
            Map<String, Tensor> state,
            @Nullable DynamicFilterNetwork network,
            Classifier classifier,
            NativeOwner owner) {
        this.origin = origin;
        this.state = state;
        this.network = network;
        this.classifier = classifier;
        this.owner = owner;
    }

    /**
     * Reads a checkpoint (the network is the run's average of the weights, where it kept one), a TorchScript file, or a state
     * dict that {@code torch.save} wrote: which it is, is seen from the file. Weights of any precision become float32.
     *
     * @throws InputException where the file is none of these, or does not make a network
     */
    public static TrainedNetwork read(Path file, ComputeDevice device) {
        return TorchScriptArchive.isTorchScript(file)
                ? ScriptNetworkReader.read(file, device)
                : WeightsReader.read(file, device);
    }

    public Classifier classifier() {
        return classifier;
    }

    /** true: it is known by its tensors and layers; false: by its scores alone. */
    public boolean hasNetwork() {
        return network != null;
    }

    /** @throws InputException where it came from a TorchScript file: that is run as it is, and known by its scores alone */
    public DynamicFilterNetwork network() {
        if (network == null) {
            throw new InputException(origin.file
                    + " is TorchScript, which has no parts to take; give the checkpoint it was exported from");
        }
        return network;
    }

    /** Every tensor of {@link #network} by name; none where there is no network. */
    public Map<String, Tensor> state() {
        return Collections.unmodifiableMap(state);
    }

    /** The labels' names, in the order of the scores. */
    public List<String> classes() {
        return origin.classes;
    }

    /** Height and width of the images it takes. */
    public int imageSize() {
        return origin.imageSize;
    }

    /** true: the file names the classes; false: they are numbered. */
    public boolean hasNames() {
        return origin.hasNames;
    }

    /** What kind of file it came from, for people. */
    public String description() {
        return origin.description;
    }

    /** What is known of how it was trained, such as its recipe and accuracy: plain values. */
    public Map<String, Object> training() {
        return Collections.unmodifiableMap(origin.training);
    }

    @Override
    public void close() {
        owner.close();
    }
}
