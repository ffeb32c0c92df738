package dynafilter.checkpoint;

import dynafilter.model.Backbone;
import dynafilter.runtime.InputException;
import dynafilter.runtime.NativeRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.zip.ZipFile;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A backbone's weights in a file: TorchScript exported from torchvision (scripted or traced, whole or its first layers) or
 * a state dict that {@code torch.save} wrote.
 */
public final class BackboneFile {
    private static final String CUT = "layer1";
    /** What {@code nn.Sequential(*list(resnet18().children())[:5])} calls the layers with weights. */
    private static final Map<String, String> SEQUENTIAL = Map.of("conv1.", "0.", "bn1.", "1.", "layer1.", "4.");

    private static final double TOLERANCE = 1e-3;

    private BackboneFile() {}

    /**
     * Reads ResNet-18's weights from {@code conv1} through {@code layer1}.
     *
     * @param cut the name of the last layer to take
     * @return float32 tensors on the CPU by their name in the network's state dict; the caller owns them
     * @throws InputException where the file is no backbone, lacks a layer, or does not compute ResNet-18's feature map
     *     [N, 64, 8, 8]; names what was found
     */
    public static Map<String, Tensor> read(Path file, String cut) {
        if (!Files.isRegularFile(file)) {
            throw new InputException(
                    "--backbone " + file + (Files.isDirectory(file) ? " is a folder" : " does not exist")
                            + "; give a TorchScript or .pth file (scripts/export_resnet18.py writes one), imagenet or random");
        }
        if (!Files.isReadable(file)) {
            throw new InputException("--backbone " + file + " cannot be read; check its permissions");
        }
        return isTorchScript(file) ? readTorchScript(file, cut) : readStateDict(file, cut);
    }

    private static boolean isTorchScript(Path file) {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            return zip.stream().anyMatch(entry -> entry.getName().contains("/code/"));
        } catch (IOException notZip) {
            return false;
        }
    }

    private static Map<String, Tensor> readStateDict(Path file, String cut) {
        if (!cut.equals(CUT)) {
            throw new InputException("--cut " + cut + ": " + file + " is a state dict, which is taken up to " + CUT
                    + "; leave --cut out, or give a TorchScript file");
        }
        Map<String, Tensor> found = Checkpoint.readStateDict(file);
        try (PointerScope scope = new PointerScope()) {
            return select(file, found);
        } finally {
            found.values().forEach(Pointer::close);
        }
    }

    private static Map<String, Tensor> readTorchScript(Path file, String cut) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                TorchScriptBackbone script = TorchScriptBackbone.load(file)) {
            torch.manual_seed(0);
            Tensor images = torch.randn(2, 3, 32, 32);
            Tensor features = script.features(images, cut); // [2, C, H, W]
            long[] found = features.shape();
            if (!Arrays.equals(found, new long[] {2, 64, 8, 8})) {
                throw new InputException("--backbone " + file + ": up to " + cut + " it makes " + Arrays.toString(found)
                        + " of images [2, 3, 32, 32], but the feature map must be [2, 64, 8, 8], as ResNet-18's " + CUT
                        + " makes it; give another --cut or file");
            }
            Map<String, Tensor> state = select(file, script.tensors());
            Tensor own = Backbone.bind(state, true).forward(images, false);
            double difference = own.sub(features).abs().max().item_double();
            if (!(difference <= TOLERANCE * features.abs().max().item_double())) {
                state.values().forEach(Pointer::close);
                throw new InputException("--backbone " + file
                        + " has ResNet-18's tensors but computes something else (largest"
                        + " difference of the feature maps " + (float) difference + "); give ResNet-18 up to " + CUT
                        + " as torchvision builds it");
            }
            return state;
        } catch (RuntimeException failure) {
            if (failure instanceof InputException) {
                throw failure;
            }
            throw new InputException(
                    "--backbone " + file + " does not run as a TorchScript network on images [2, 3, 32, 32]: "
                            + NativeRuntime.firstLine(failure),
                    failure);
        }
    }

    /** Copies the backbone's tensors out of {@code found}, whatever prefix they have there. */
    private static Map<String, Tensor> select(Path file, Map<String, Tensor> found) {
        Map<String, Tensor> state = new LinkedHashMap<>();
        try {
            Optional<String> prefix = prefix(found);
            Backbone.shapes().forEach((name, sizes) -> {
                String plain = name.substring(Backbone.PREFIX.length());
                String source = prefix.isPresent() ? prefix.get() + plain : numbered(plain);
                Tensor copy = copy(file, found, source, plain, sizes);
                copy.retainReference();
                state.put(name, copy);
            });
            return state;
        } catch (InputException refused) {
            state.values().forEach(Pointer::close);
            throw refused;
        }
    }

    /** A copy of the tensor {@code source}, which is ResNet-18's {@code plain}; lives in the caller's scope. */
    private static Tensor copy(Path file, Map<String, Tensor> found, String source, String plain, long[] sizes) {
        boolean counter = plain.endsWith("num_batches_tracked");
        Tensor tensor = found.get(source);
        if (tensor == null && counter) {
            tensor = torch.zeros(sizes); // state dicts of PyTorch before 0.4.1 do not count batches
        }
        if (tensor == null) {
            throw new InputException("--backbone " + file + " has no " + plain + " (it has " + summary(found)
                    + "); give ResNet-18 with the layers conv1 to " + CUT);
        }
        if (!Arrays.equals(tensor.shape(), sizes)) {
            throw new InputException("--backbone " + file + ": " + plain + " is " + Arrays.toString(tensor.shape())
                    + ", ResNet-18's is " + Arrays.toString(sizes) + "; give ResNet-18");
        }
        return tensor.detach()
                .to(counter ? ScalarType.Long : ScalarType.Float)
                .contiguous()
                .clone();
    }

    /** What stands before {@code conv1.weight}, such as {@code module.}; none where no layer has that name. */
    private static Optional<String> prefix(Map<String, Tensor> found) {
        String layer = "conv1.weight";
        return found.keySet().stream()
                .filter(name -> name.equals(layer) || name.endsWith("." + layer))
                .filter(name -> found.get(name).dim() == 4 && found.get(name).size(1) == 3)
                .map(name -> name.substring(0, name.length() - layer.length()))
                .findFirst();
    }

    private static String numbered(String name) {
        return SEQUENTIAL.entrySet().stream()
                .filter(layer -> name.startsWith(layer.getKey()))
                .map(layer -> layer.getValue() + name.substring(layer.getKey().length()))
                .findFirst()
                .orElse(name);
    }

    private static String summary(Map<String, Tensor> found) {
        if (found.isEmpty()) {
            return "no tensors";
        }
        String names = found.keySet().stream().limit(4).collect(Collectors.joining(", "));
        return found.size() > 4 ? names + " and " + (found.size() - 4) + " more tensors" : names;
    }
}
