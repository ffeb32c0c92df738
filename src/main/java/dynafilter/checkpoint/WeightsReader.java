package dynafilter.checkpoint;

import dynafilter.checkpoint.TrainedNetwork.Origin;
import dynafilter.data.ClassNames;
import dynafilter.data.device.ChannelStatistics;
import dynafilter.io.InputException;
import dynafilter.model.BackboneArchitecture;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.FilterDesign;
import dynafilter.model.FilterKind;
import dynafilter.model.Freeze;
import dynafilter.model.NetworkShape;
import dynafilter.model.ResNetArchitecture;
import dynafilter.model.StateDict;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import dynafilter.torchfile.TorchFile;
import dynafilter.torchfile.Unread;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Reads trained networks from files that {@code torch.save} wrote: checkpoints of this program, and state dicts. */
final class WeightsReader {
    private WeightsReader() {}

    static TrainedNetwork read(Path file, ComputeDevice device) {
        Object root = TorchFile.read(file);
        try (NativeOwner building = new NativeOwner()) {
            return Checkpoint.isCheckpoint(root)
                    ? ofCheckpoint(Checkpoint.of(root, file), file, device, building)
                    : ofStateDict(network(root, file), file, "state dict", HubConfig.NONE, device, building);
        } finally {
            TorchFile.closeTensors(root);
        }
    }

    private static TrainedNetwork ofCheckpoint(
            Checkpoint checkpoint, Path file, ComputeDevice device, NativeOwner building) {
        Optional<Map<String, Tensor>> average = checkpoint.average();
        FilterDesign design = StoredFilters.ofRecipe(checkpoint.recipe(), file);
        Map<String, Object> training = new LinkedHashMap<>();
        training.put("best_accuracy", checkpoint.bestAccuracy());
        training.put("epoch", checkpoint.epoch());
        training.put("step", checkpoint.step());
        Map<String, Object> recipe = new LinkedHashMap<>(checkpoint.recipe());
        recipe.values().removeIf(value -> value instanceof Unread || value instanceof Tensor); // of Python's own
        training.put("recipe", recipe);
        if (checkpoint.extra().get(TrainedNetwork.DATA_SHA256) instanceof String sha256) {
            training.put(TrainedNetwork.DATA_SHA256, sha256);
        }
        if (checkpoint.extra().get(Checkpoint.EXTENDED) instanceof List<?> notes) {
            training.put(Checkpoint.EXTENDED, notes);
        }
        if (checkpoint.extra().get(CalibrationEntry.NAME) instanceof Map<?, ?> calibration) {
            training.put(CalibrationEntry.NAME, CalibrationEntry.plain(calibration));
        }
        BackboneArchitecture backbone =
                building.keep(PretrainedBackbone.of(checkpoint, file, device)).architecture();
        List<String> description =
                new ArrayList<>(List.of("checkpoint after epoch " + checkpoint.epoch(), design + " filters"));
        if (average.isPresent()) {
            description.add("averaged weights");
        }
        if (!checkpoint.addedLabels().isEmpty()) {
            description.add("extended by " + String.join(", ", checkpoint.addedLabels()));
        }
        Optional<UnseenLabels> unseen = UnseenLabels.of(checkpoint, file);
        unseen.ifPresent(labels -> description.add("trained without " + ClassNames.shown(labels.names())));
        if (backbone != ResNetArchitecture.STEM) {
            description.add("on " + backbone.description());
        }
        description.addAll(checkpoint.notes());
        return of(
                new Origin(
                        file,
                        String.join(", ", description),
                        checkpoint.classes(),
                        true,
                        StoredImageSize.ofRecipe(checkpoint.recipe(), file),
                        checkpoint.statistics(file),
                        training,
                        unseen.orElse(null)),
                backbone,
                design,
                average.orElse(checkpoint.model()),
                device,
                building);
    }

    /**
     * The network in the contents of a file.
     *
     * @throws InputException where there is none
     */
    static SavedNetwork network(@Nullable Object root, Path file) {
        return SavedNetwork.in(root, file, Landmark.NETWORK).orElseThrow(() -> {
            FileContents contents = FileContents.of(root);
            return contents.hasTensors()
                    ? another(file, Landmark.LAST_LAYER, contents)
                    : new InputException(file + " holds no state dict " + contents.shown()
                            + "; save model.state_dict() with torch.save");
        });
    }

    private static InputException another(Path file, String missing, FileContents contents) {
        return new InputException(file + " is a state dict, but not of this network: it has no " + missing + " "
                + contents.shown() + "; give one whose names are as in scripts/pytorch_reference.py");
    }

    /**
     * The network of a state dict, whose tensors tell its shape.
     *
     * @param what the kind of the file, for people
     * @param config a description of the network from elsewhere: its names, image size and statistics are taken where they fit
     */
    static TrainedNetwork ofStateDict(
            SavedNetwork network,
            Path file,
            String what,
            HubConfig config,
            ComputeDevice device,
            NativeOwner building) {
        Map<String, Tensor> saved = network.tensors();
        ResNetArchitecture backbone = ResNetArchitecture.ofState(saved);
        FilterDesign design = StoredFilters.ofState(saved, backbone.layout().channels());
        Tensor scores = Objects.requireNonNull(saved.get(Landmark.LAST_LAYER), "landmark"); // [1 or classes, 64]
        Tensor perClass = saved.getOrDefault(NetworkShape.EMBEDDING, saved.get("filters.weight")); // [classes, ...]
        if (design == null || perClass == null || perClass.dim() < 1 || scores.dim() < 1) {
            throw another(file, "embedding.weight or filters.weight", FileContents.of(saved));
        }
        int classes = Math.toIntExact((design.kind() == FilterKind.SINGLE ? scores : perClass).size(0));
        boolean named = config.labelNames().size() == classes;
        List<String> description = new ArrayList<>(
                List.of(what, design + " filters", classes + (named ? " classes" : " classes without names")));
        description.addAll(config.notes());
        description.addAll(network.notes());
        int imageSize =
                config.imageSize().orElseGet(() -> StoredImageSize.ofState(saved, design.heads(), backbone.layout()));
        if (backbone != ResNetArchitecture.STEM) {
            description.add("on " + backbone.description());
        }
        NetworkShape shape = NetworkShape.of(backbone, design, classes, NetworkShape.hasAdapter(saved), imageSize);
        network.requireTensors(DynamicFilterNetwork.stateShapes(shape).keySet(), file);
        Origin origin = new Origin(
                file,
                String.join(", ", description),
                named ? config.labelNames() : numbered(classes),
                named,
                imageSize,
                config.statistics().orElse(ChannelStatistics.CIFAR),
                Map.of());
        return of(origin, backbone, design, saved, device, building);
    }

    /** Made-up names for classes without names: "class 0", "class 1", ... */
    static List<String> numbered(int classes) {
        return IntStream.range(0, classes).mapToObj(label -> "class " + label).toList();
    }

    /** The network with these tensors, once they are found to be its own. */
    static TrainedNetwork of(
            Origin origin,
            BackboneArchitecture backbone,
            FilterDesign design,
            Map<String, Tensor> saved,
            ComputeDevice device,
            NativeOwner building) {
        NetworkShape shape = NetworkShape.of(
                        backbone, design, origin.classes().size(), NetworkShape.hasAdapter(saved), origin.imageSize())
                .withEmbeddingOf(saved);
        Map<String, Tensor> state = onDevice(shape, saved, origin.file(), device, building);
        DynamicFilterNetwork network = building.keep(DynamicFilterNetwork.bind(shape, state, Freeze.NONE));
        return TrainedNetwork.of(origin, state, network, device, building.handOver());
    }

    private static Map<String, Tensor> onDevice(
            NetworkShape shape, Map<String, Tensor> saved, Path file, ComputeDevice device, NativeOwner owner) {
        Map<String, Tensor> state = new LinkedHashMap<>();
        try (PointerScope scope = new PointerScope()) {
            Map<String, Tensor> complete = StateDict.withCounters(shape, saved);
            check(shape, complete, file);
            complete.forEach((name, tensor) -> state.put(name, owner.keep(StateDict.toDevice(tensor, device))));
        }
        return state;
    }

    private static void check(NetworkShape shape, Map<String, Tensor> state, Path file) {
        try {
            DynamicFilterNetwork.check(shape, state);
        } catch (InputException wrong) {
            throw new InputException(
                    file + ": " + wrong.getMessage() + " "
                            + FileContents.of(state).shown(),
                    wrong);
        }
        StateDict.requireUsable(state, file.toString());
    }
}
