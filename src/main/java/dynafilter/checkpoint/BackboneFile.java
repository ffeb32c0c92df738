package dynafilter.checkpoint;

import dynafilter.data.device.ChannelStatistics;
import dynafilter.distributed.WorkerGroup;
import dynafilter.io.Checksum;
import dynafilter.io.InputException;
import dynafilter.model.Backbone;
import dynafilter.model.BackboneArchitecture;
import dynafilter.model.ChannelsLast;
import dynafilter.model.ResNetArchitecture;
import dynafilter.model.ResNetCut;
import dynafilter.model.ScriptedArchitecture;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.Deviation;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.NativeRuntime;
import dynafilter.runtime.OutOfMemory;
import dynafilter.runtime.ScriptModule;
import dynafilter.torchfile.SafetensorsFile;
import dynafilter.torchfile.TorchFile;
import dynafilter.torchfile.TorchScriptArchive;
import dynafilter.torchfile.TorchScriptFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Reads a backbone from a file: a TorchScript network (scripted or traced, whole or its first layers) or the state dict of a
 * ResNet that {@code torch.save} wrote, or as safetensors, by torchvision's names, which are timm's as well.
 */
public final class BackboneFile {
    private static final double TOLERANCE = 1e-3;

    /** timm's ResNets whose layers without weights are others than their tensors tell. */
    private static final Pattern OTHER_POOLING = Pattern.compile("resnet(?:blur|aa)");

    /** The note on a network after {@code torch.jit.freeze}, whose weights are constants of its code. */
    private static final String FIXED =
            "it has no parameters, as after torch.jit.freeze, and will not train; export it without freezing to train it";

    private BackboneFile() {}

    /**
     * Reads a backbone. ResNets in a state dict are recognised by their tensors, ResNet-18 up to {@code layer1} in TorchScript by
     * its tensors and its feature map, and run by this program's own operators; any other network runs as TorchScript.
     *
     * @param cut the last layer to take
     * @param imageSize the height and width of the backbone's images
     * @param device the device on which the backbone will run
     * @return the backbone with float32 tensors on the CPU; the caller closes it
     * @throws InputException where the file is not a backbone, lacks a layer, or makes no feature map [N, C, H, W]; the message
     *     names what was found
     */
    public static PretrainedBackbone read(Path file, String cut, int imageSize, ComputeDevice device) {
        if (!Files.isRegularFile(file)) {
            throw new InputException(
                    "--backbone " + file + (Files.isDirectory(file) ? " is a folder" : " does not exist")
                            + "; give a TorchScript or .pth file (scripts/export_resnet18.py writes one), imagenet or random");
        }
        if (!Files.isReadable(file)) {
            throw new InputException("--backbone " + file + " cannot be read; check its permissions");
        }
        return TorchScriptArchive.isTorchScript(file)
                ? readTorchScript(file, cut, imageSize, device)
                : readStateDict(file, cut);
    }

    private static PretrainedBackbone readStateDict(Path file, String cut) {
        ResNetCut end = ResNetCut.of(cut)
                .orElseThrow(
                        () -> new InputException("--cut " + cut + ": " + file + " is a state dict, which is taken up"
                                + " to " + ResNetCut.NAMES + "; give one of these, or a TorchScript file"));
        boolean safetensors = SafetensorsFile.isSafetensors(file);
        Object root = safetensors ? SafetensorsFile.read(file).tensors() : TorchFile.read(file);
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            SavedNetwork network =
                    SavedNetwork.in(root, file, Landmark.STEM).orElseThrow(() -> ResNetWeights.missing(file, root));
            ResNetWeights weights = ResNetWeights.of(file, network.tensors(), end);
            network.requireTensors(weights.names(), file);
            Map<String, Tensor> state = weights.copy(building);
            List<String> notes = new ArrayList<>(network.notes());
            notes.addAll(weights.notes());
            HubConfig config = safetensors ? HubConfig.of(file) : HubConfig.NONE;
            if (OTHER_POOLING.matcher(config.architecture()).find()) {
                throw new InputException("--backbone " + file + ": " + HubConfig.FILE + " beside it says "
                        + config.architecture()
                        + ", which blurs where a plain ResNet of these names has a stride; give it as"
                        + " TorchScript");
            }
            ChannelStatistics told = config.statistics().orElse(null);
            return new PretrainedBackbone(weights.architecture(), null, state, told, notes, building.handOver());
        } finally {
            TorchFile.closeTensors(root);
        }
    }

    private static PretrainedBackbone readTorchScript(Path file, String cut, int imageSize, ComputeDevice device) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                ScriptModule network = TorchScriptFile.load(file, device);
                ScriptModule layers = BackboneCut.of(network, file, cut)) {
            List<String> notes = new ArrayList<>(TorchScriptFile.toFloat32(layers));
            torch.manual_seed(0);
            Tensor images = ChannelsLast.of( // as it will run: in the other order convolutions may be wrong
                    torch.randn(2, 3, imageSize, imageSize).to(device.toTorch(), ScalarType.Float));
            Tensor features = features(layers, images, file, cut); // [2, C, H, W]
            Map<String, Tensor> found = layers.tensors();
            if (layers.parameters().isEmpty()) {
                notes.add(FIXED);
            }
            return ofStem(file, found, images, features, notes)
                    .orElseGet(() -> scripted(layers, found, images, file + " up to " + cut, device, notes));
        }
    }

    private static Tensor features(ScriptModule layers, Tensor images, Path file, String cut) {
        String made;
        try {
            IValue value = layers.call("forward", images);
            if (value.isTensor()) {
                ScriptTrial trial = new ScriptTrial(
                        file,
                        "features",
                        batch -> layers.call("forward", ChannelsLast.of(batch)).toTensor());
                Tensor features = trial.run(images);
                if (features.dim() == 4 && features.size(0) == images.size(0) && features.is_floating_point()) {
                    trial.requireSteady(images, features);
                    trial.requireRight(layers, images, features);
                    return features;
                }
                made = Arrays.toString(features.shape());
            } else {
                made = "a " + value.tagKind().getString();
            }
        } catch (RuntimeException failure) {
            if (failure instanceof InputException || OutOfMemory.in(failure).isPresent()) {
                throw failure;
            }
            throw new InputException(
                    "--backbone " + file + " does not run as a TorchScript network on images "
                            + Arrays.toString(images.shape()) + ": " + NativeRuntime.firstLine(failure),
                    failure);
        }
        throw new InputException("--backbone " + file + ": up to " + cut + " it makes " + made + " of images "
                + Arrays.toString(images.shape())
                + ", and a feature map [2, C, H, W] is needed; "
                + (layers.children().isEmpty()
                        ? "it has no layers to cut at, as after torch.jit.freeze: export it without freezing"
                        : "give another --cut or file"));
    }

    /** ResNet-18's stem with these tensors; empty where they are of another network, or the stem computes other features. */
    private static Optional<PretrainedBackbone> ofStem(
            Path file, Map<String, Tensor> found, Tensor images, Tensor features, List<String> notes) {
        List<NetworkSearch.Found> stems = NetworkSearch.in(found, Landmark.STEM);
        if (stems.size() != 1) {
            return Optional.empty();
        }
        try (NativeOwner building = new NativeOwner()) {
            Map<String, Tensor> state =
                    ResNetWeights.ofStem(file, stems.get(0).tensors()).copy(building);
            return isResNet18Stem(state, images, features)
                    ? Optional.of(new PretrainedBackbone(
                            ResNetArchitecture.STEM, null, state, null, notes, building.handOver()))
                    : Optional.empty();
        } catch (InputException another) {
            return Optional.empty();
        }
    }

    private static boolean isResNet18Stem(Map<String, Tensor> state, Tensor images, Tensor features) {
        Map<String, Tensor> placed = new LinkedHashMap<>();
        state.forEach((name, tensor) -> placed.put(name, tensor.to(images.device(), tensor.scalar_type())));
        try (Backbone stem = ResNetArchitecture.STEM.bind(placed, true, WorkerGroup.single())) {
            Tensor own = stem.forward(images, false);
            return Arrays.equals(own.shape(), features.shape())
                    && Deviation.of(features, own).isWithin(TOLERANCE);
        }
    }

    private static PretrainedBackbone scripted(
            ScriptModule layers,
            Map<String, Tensor> found,
            Tensor images,
            String source,
            ComputeDevice device,
            List<String> notes) {
        Map<String, Tensor> state = new LinkedHashMap<>();
        try (NativeOwner building = new NativeOwner()) {
            found.forEach((name, tensor) -> {
                Tensor copy = tensor.detach()
                        .to(
                                new Device(DeviceType.CPU),
                                tensor.is_floating_point() ? ScalarType.Float : tensor.scalar_type())
                        .contiguous()
                        .clone();
                state.put(BackboneArchitecture.PREFIX + name, building.keep(copy));
            });
            String description = source + (followsData(layers, images) ? "" : ", whose BatchNorm keeps its statistics");
            ScriptedArchitecture.strip(layers);
            byte[] program = BackboneProgram.bytes(layers, description);
            ScriptedArchitecture architecture = building.keep(
                    new ScriptedArchitecture(layers.copy(), device, description, Checksum.sha256Of(program)));
            return new PretrainedBackbone(architecture, program, state, null, notes, building.handOver());
        }
    }

    /**
     * True: training updates BatchNorm's running statistics, or there are none; false: it does not, as in a network that was
     * traced in evaluation mode.
     */
    private static boolean followsData(ScriptModule layers, Tensor images) {
        try (ScriptModule copy = layers.copy()) {
            Map<String, Tensor> statistics = new LinkedHashMap<>(copy.buffers());
            statistics.keySet().removeIf(name -> !name.endsWith("running_mean"));
            Map<String, Tensor> before = new LinkedHashMap<>();
            statistics.forEach((name, tensor) -> before.put(name, tensor.clone()));
            copy.train(true);
            copy.call("forward", images);
            return statistics.isEmpty()
                    || statistics.entrySet().stream()
                            .anyMatch(entry -> !entry.getValue().equal(before.get(entry.getKey())));
        }
    }
}
