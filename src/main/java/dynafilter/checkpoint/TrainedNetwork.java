package dynafilter.checkpoint;

import dynafilter.data.ImageSize;
import dynafilter.model.BackboneArchitecture;
import dynafilter.model.Classifier;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.FilterKind;
import dynafilter.model.Freeze;
import dynafilter.model.NetworkClassifier;
import dynafilter.model.NetworkShape;
import dynafilter.model.ResNetStem;
import dynafilter.model.ScriptClassifier;
import dynafilter.model.ScriptedArchitecture;
import dynafilter.model.StateDict;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.InputException;
import dynafilter.runtime.NativeRuntime;
import dynafilter.runtime.ScriptModule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A trained network from a file, on a device, ready to score images. Owns what it is made of. */
public final class TrainedNetwork implements AutoCloseable {
    /** What wraps a module in Python puts this before the names of its tensors. */
    private static final List<String> WRAPPERS = List.of("module.", "_orig_mod.");

    /** The entry of {@link #training} with the checksum of the data set. */
    public static final String DATA_SHA256 = "data_sha256";

    /** What an exported file knows of the training. */
    private static final List<String> TRAINING =
            List.of("best_accuracy", "epoch", "step", "recipe", DATA_SHA256, Checkpoint.EXTENDED);

    /** What a file tells beside its tensors; see the methods of these names. */
    private record Origin(
            Path file,
            String description,
            List<String> classes,
            boolean hasNames,
            int imageSize,
            Map<String, Object> training) {}

    private final Origin origin;
    private final Map<String, Tensor> state; // none of TorchScript
    private final DynamicFilterNetwork network; // null for TorchScript
    private final Classifier classifier;

    private TrainedNetwork(
            Origin origin, Map<String, Tensor> state, DynamicFilterNetwork network, Classifier classifier) {
        this.origin = origin;
        this.state = state;
        this.network = network;
        this.classifier = classifier;
    }

    /**
     * Reads a checkpoint (the network is the run's average of the weights, where it kept one), a TorchScript file, or a state
     * dict that {@code torch.save} wrote: which it is, is seen from the file.
     *
     * @throws InputException where the file is none of these, or does not make a network
     */
    public static TrainedNetwork read(Path file, ComputeDevice device) {
        if (TorchScriptArchive.isTorchScript(file)) {
            return ofTorchScript(file, device);
        }
        Object root = TorchFile.read(file);
        try {
            return Checkpoint.isCheckpoint(root)
                    ? ofCheckpoint(Checkpoint.of(root, file), file, device)
                    : ofStateDict(Checkpoint.stateDict(root, file), file, device);
        } finally {
            TorchFile.closeTensors(root);
        }
    }

    private static TrainedNetwork ofCheckpoint(Checkpoint checkpoint, Path file, ComputeDevice device) {
        Optional<Map<String, Tensor>> average = checkpoint.average();
        Object filters = checkpoint.recipe().get("filters");
        if (!(filters instanceof String kind)) {
            throw new InputException(file + " does not say which filters it has (recipe.filters); train it again");
        }
        Map<String, Object> training = new LinkedHashMap<>();
        training.put("best_accuracy", checkpoint.bestAccuracy());
        training.put("epoch", checkpoint.epoch());
        training.put("step", checkpoint.step());
        training.put("recipe", checkpoint.recipe());
        if (checkpoint.extra().get(DATA_SHA256) instanceof String sha256) {
            training.put(DATA_SHA256, sha256);
        }
        if (checkpoint.extra().get(Checkpoint.EXTENDED) instanceof List<?> notes) {
            training.put(Checkpoint.EXTENDED, notes);
        }
        FilterKind filterKind = FilterKind.of(kind);
        BackboneArchitecture backbone =
                PretrainedBackbone.of(checkpoint, file, device).architecture();
        String description = "checkpoint after epoch " + checkpoint.epoch() + ", " + kind + " filters"
                + (average.isPresent() ? ", averaged weights" : "")
                + (checkpoint.addedLabels().isEmpty()
                        ? ""
                        : ", extended by " + String.join(", ", checkpoint.addedLabels()))
                + (backbone == ResNetStem.ARCHITECTURE ? "" : ", on " + backbone.description());
        return of(
                new Origin(
                        file,
                        description,
                        checkpoint.classes(),
                        true,
                        StoredImageSize.ofRecipe(checkpoint.recipe(), file),
                        training),
                backbone,
                filterKind,
                average.orElse(checkpoint.model()),
                device);
    }

    private static TrainedNetwork ofStateDict(Map<String, Tensor> found, Path file, ComputeDevice device) {
        Map<String, Tensor> saved = unwrapped(found);
        Tensor embedding = saved.get(NetworkShape.EMBEDDING); // [classes, E]
        Tensor filters = saved.get("filters.weight"); // [K, C, 1, 1]
        Tensor scores = saved.get("predictor.2.weight"); // [1 or classes, 64]
        Tensor perClass = embedding != null ? embedding : filters;
        if (perClass == null || scores == null || perClass.dim() < 1 || scores.dim() < 1) {
            throw new InputException(file + " is a state dict, but not of this network: it has no "
                    + (scores == null ? "predictor.2.weight" : "embedding.weight or filters.weight")
                    + "; give one whose names are as in scripts/pytorch_reference.py");
        }
        boolean single = embedding == null && perClass.size(0) == 1;
        FilterKind kind = embedding != null ? FilterKind.DYNAMIC : single ? FilterKind.SINGLE : FilterKind.STATIC;
        int classes = Math.toIntExact((single ? scores : perClass).size(0));
        String description = "state dict, " + kind + " filters, " + classes + " classes without names";
        Origin origin =
                new Origin(file, description, numbered(classes), false, StoredImageSize.ofState(saved), Map.of());
        return of(origin, ResNetStem.ARCHITECTURE, kind, saved, device);
    }

    private static Map<String, Tensor> unwrapped(Map<String, Tensor> found) {
        Map<String, Tensor> saved = found;
        for (String wrapper : WRAPPERS) {
            if (!saved.isEmpty() && saved.keySet().stream().allMatch(name -> name.startsWith(wrapper))) {
                Map<String, Tensor> inner = new LinkedHashMap<>();
                saved.forEach((name, tensor) -> inner.put(name.substring(wrapper.length()), tensor));
                saved = inner;
            }
        }
        return saved;
    }

    private static List<String> numbered(int classes) {
        return IntStream.range(0, classes).mapToObj(label -> "class " + label).toList();
    }

    private static TrainedNetwork of(
            Origin origin,
            BackboneArchitecture backbone,
            FilterKind kind,
            Map<String, Tensor> saved,
            ComputeDevice device) {
        Map<String, Tensor> state = Map.of();
        try {
            NetworkShape shape = NetworkShape.of(
                            backbone, kind, origin.classes().size(), NetworkShape.hasAdapter(saved), origin.imageSize())
                    .withEmbeddingOf(saved);
            DynamicFilterNetwork.check(shape, saved);
            state = onDevice(saved, device);
            DynamicFilterNetwork network = DynamicFilterNetwork.bind(shape, state, Freeze.NONE);
            return new TrainedNetwork(origin, state, network, new NetworkClassifier(network, device));
        } catch (RuntimeException failure) {
            state.values().forEach(Pointer::close);
            close(backbone);
            throw failure;
        }
    }

    private static Map<String, Tensor> onDevice(Map<String, Tensor> saved, ComputeDevice device) {
        Map<String, Tensor> state = new LinkedHashMap<>();
        try (PointerScope scope = new PointerScope()) {
            saved.forEach((name, tensor) -> {
                Tensor placed = StateDict.toDevice(tensor, device);
                placed.retainReference();
                state.put(name, placed);
            });
        }
        return state;
    }

    private static TrainedNetwork ofTorchScript(Path file, ComputeDevice device) {
        ScriptModule module = TorchScriptFile.load(file, device);
        try {
            Map<String, Object> metadata = TorchScriptArchive.extra(file, TorchScriptExport.METADATA)
                    .map(text ->
                            JsonFile.parse(text, TorchScriptExport.METADATA + " in " + file, "export the file again"))
                    .orElse(Map.of());
            boolean own = TorchScriptExport.FORMAT.equals(metadata.get("format"));
            String input = String.valueOf(metadata.get("input"));
            boolean takesPixels = own && TorchScriptExport.Input.of(input) == TorchScriptExport.Input.UINT8;
            Classifier classifier = new ScriptClassifier(module, takesPixels, device);
            int imageSize = own ? StoredImageSize.ofMetadata(metadata) : ImageSize.CIFAR;
            int count = countClasses(classifier, imageSize, file, device);
            List<String> names = own ? strings(metadata.get("classes")) : List.of();
            if (own && names.size() != count) {
                throw new InputException(
                        file + " names " + names.size() + " classes and scores " + count + "; export it again");
            }
            String description = own
                    ? "TorchScript of dynafilter, " + metadata.get("filters") + " filters, takes " + input + " images"
                    : "TorchScript of another program, " + count
                            + " classes without names, taken to want normalized images";
            Map<String, Object> training = new LinkedHashMap<>(metadata);
            training.keySet().retainAll(TRAINING);
            Origin origin = new Origin(file, description, own ? names : numbered(count), own, imageSize, training);
            return new TrainedNetwork(origin, Map.of(), null, classifier);
        } catch (RuntimeException failure) {
            module.close();
            throw failure;
        }
    }

    private static List<String> strings(Object value) {
        List<String> strings = new ArrayList<>();
        if (value instanceof List<?> list) {
            list.forEach(item -> strings.add(String.valueOf(item)));
        }
        return strings;
    }

    /** Runs the network once: that it takes images and gives scores is not to be found out later. */
    private static int countClasses(Classifier classifier, int imageSize, Path file, ComputeDevice device) {
        String images = "images [2, 3, " + imageSize + ", " + imageSize + "]";
        try (PointerScope scope = new PointerScope();
                InferenceMode inference = new InferenceMode()) {
            TensorOptions pixels = new TensorOptions(ScalarType.Byte).device(new DeviceOptional(device.toTorch()));
            Tensor scores = classifier.scores(torch.zeros(new long[] {2, 3, imageSize, imageSize}, pixels));
            if (scores.dim() == 2 && scores.size(0) == 2 && scores.size(1) > 0 && scores.is_floating_point()) {
                return Math.toIntExact(scores.size(1));
            }
            throw new InputException(file + " makes " + Arrays.toString(scores.shape()) + " of " + images
                    + ", and scores [2, classes] are needed; give a classifier");
        } catch (RuntimeException failure) {
            if (failure instanceof InputException) {
                throw failure;
            }
            throw new InputException(
                    file + " does not run as a classifier on " + images + ": " + NativeRuntime.firstLine(failure)
                            + "; give a file that `dynafilter export` wrote",
                    failure);
        }
    }

    public Classifier classifier() {
        return classifier;
    }

    /** Whether it is known by its tensors and layers, not by its scores alone. */
    public boolean hasNetwork() {
        return network != null;
    }

    /** @throws InputException where it came from a TorchScript file: that is run as it is, and known by its scores alone */
    public DynamicFilterNetwork network() {
        if (network == null) {
            throw new InputException(origin.file
                    + " is TorchScript, which has no parts to take; give the checkpoint it was" + " exported from");
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

    /** Whether the file names the classes; else they are numbered. */
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
        classifier.close();
        if (network != null) {
            network.close();
            close(network.shape().backbone());
        }
        state.values().forEach(Pointer::close);
    }

    private static void close(BackboneArchitecture backbone) {
        if (backbone instanceof ScriptedArchitecture scripted) {
            scripted.close();
        }
    }
}
