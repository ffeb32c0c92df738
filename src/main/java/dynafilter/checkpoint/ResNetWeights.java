package dynafilter.checkpoint;

import dynafilter.io.InputException;
import dynafilter.model.BackboneArchitecture;
import dynafilter.model.ResNetArchitecture;
import dynafilter.model.ResNetCut;
import dynafilter.model.ResNetLayout;
import dynafilter.model.StateDict;
import dynafilter.runtime.NativeOwner;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/** The tensors of a ResNet's first layers, from a state dict of the whole network or of its first layers. */
final class ResNetWeights {
    private static final String COUNTER = "num_batches_tracked";
    private static final String WANTED =
            "give ResNet-18, -34, -50, -101, -152, a Wide ResNet or a ResNeXt, or another network as TorchScript";

    /** The names of the layers with weights in {@code nn.Sequential(*list(resnet.children())[:8])}, and torchvision's. */
    private static final Map<String, String> NUMBERED =
            Map.of("0.", "conv1.", "1.", "bn1.", "4.", "layer1.", "5.", "layer2.", "6.", "layer3.", "7.", "layer4.");

    private final Path file;
    private final Map<String, Tensor> tensors; // by torchvision's names
    private final ResNetArchitecture architecture;
    private final List<String> notes;

    private ResNetWeights(Path file, Map<String, Tensor> tensors, ResNetArchitecture architecture, List<String> notes) {
        this.file = file;
        this.tensors = tensors;
        this.architecture = architecture;
        this.notes = notes;
    }

    /**
     * Recognises a ResNet by the names and shapes of its tensors.
     *
     * @param found the tensors by their names in the file, without a prefix
     * @throws InputException where the ResNet does not reach to the cut
     */
    static ResNetWeights of(Path file, Map<String, Tensor> found, ResNetCut cut) {
        Map<String, Tensor> tensors = named(found);
        Map<String, long[]> shapes = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
        ResNetLayout whole = ResNetLayout.of(shapes);
        ResNetLayout layout = whole.upTo(cut)
                .orElseThrow(() -> new InputException("--cut " + cut + ": " + file + " is a state dict of " + whole
                        + ", which has no such layer; cut it earlier, or give a file with all layers"));
        boolean renamed = !whole.family().equals(layout.family());
        return new ResNetWeights(
                file,
                tensors,
                ResNetArchitecture.of(layout),
                renamed
                        ? List.of(whole.family() + ", whose layers up to " + cut + " are those of " + layout.family())
                        : List.of());
    }

    /** The tensors taken for those of ResNet-18 up to {@code layer1}. */
    static ResNetWeights ofStem(Path file, Map<String, Tensor> found) {
        return new ResNetWeights(file, named(found), ResNetArchitecture.STEM, List.of());
    }

    /** The tensors by torchvision's names, where those of the file are {@code nn.Sequential}'s numbers, too. */
    private static Map<String, Tensor> named(Map<String, Tensor> found) {
        if (found.containsKey(Landmark.FIRST_LAYER)) {
            return found;
        }
        Map<String, Tensor> named = new LinkedHashMap<>();
        found.forEach((name, tensor) -> {
            int dot = name.indexOf('.') + 1;
            String layer = NUMBERED.getOrDefault(name.substring(0, dot), name.substring(0, dot));
            named.put(layer + name.substring(dot), tensor);
        });
        return named;
    }

    /** The layers. */
    ResNetArchitecture architecture() {
        return architecture;
    }

    /** What reading found out, for people. */
    List<String> notes() {
        return notes;
    }

    /** All names that the tensors can have in a file. */
    Set<String> names() {
        return architecture.shapes().keySet().stream()
                .map(ResNetWeights::plain)
                .flatMap(name -> Stream.concat(
                        Stream.of(name),
                        NUMBERED.entrySet().stream()
                                .filter(layer -> name.startsWith(layer.getValue()))
                                .map(layer -> layer.getKey()
                                        + name.substring(layer.getValue().length()))))
                .collect(Collectors.toSet());
    }

    /**
     * Copies of the tensors, in float32, by their names in this program's state dict.
     *
     * @param owner the owner of the copies
     * @throws InputException where a tensor is missing or left over, or has another shape or type
     */
    Map<String, Tensor> copy(NativeOwner owner) {
        Map<String, Tensor> state = new LinkedHashMap<>();
        architecture.shapes().forEach((name, sizes) -> state.put(name, owner.keep(copy(plain(name), sizes))));
        tensors.keySet().stream()
                .filter(name ->
                        architecture.layout().reaches(name) && !state.containsKey(BackboneArchitecture.PREFIX + name))
                .findFirst()
                .ifPresent(name -> {
                    throw new InputException("--backbone " + file + ": " + name + " belongs to "
                            + (name.contains(".se.") ? "squeeze-and-excitation" : "a layer") + " that "
                            + architecture.layout().family() + " does not have; " + WANTED);
                });
        return state;
    }

    /** A copy of a tensor, in the caller's scope. */
    private Tensor copy(String name, long[] sizes) {
        boolean counter = name.endsWith(COUNTER);
        Tensor tensor = tensors.get(name);
        if (tensor == null && counter) {
            tensor = torch.zeros(sizes); // state dicts of PyTorch before 0.4.1 do not count batches
        }
        if (tensor == null) {
            throw missing(file, name, FileContents.of(tensors));
        }
        if (!Arrays.equals(tensor.shape(), sizes)) {
            throw new InputException("--backbone " + file + ": " + name + " is " + Arrays.toString(tensor.shape())
                    + ", " + architecture.layout().family() + "'s is " + Arrays.toString(sizes) + "; " + WANTED);
        }
        if (!counter && !tensor.is_floating_point()) {
            throw new InputException("--backbone " + file + ": " + name
                    + " holds whole numbers, as of a quantized network; give one in floating-point numbers");
        }
        Tensor copy = tensor.detach()
                .to(counter ? ScalarType.Long : ScalarType.Float)
                .contiguous()
                .clone();
        StateDict.requireUsable(Map.of(name, copy), "--backbone " + file);
        return copy;
    }

    /** The error for a file without a ResNet's first layer. */
    static InputException missing(Path file, @Nullable Object root) {
        FileContents contents = FileContents.of(root);
        if (contents.tensors().stream().anyMatch(name -> name.endsWith("conv1.0.weight"))) {
            return new InputException("--backbone " + file
                    + ": its first layer is conv1.0, of a deep stem as ResNet-D has;" + " " + WANTED);
        }
        Optional<String> other = contents.tensors().stream()
                .filter(name -> name.matches("(.*\\.)?" + Pattern.quote(Landmark.FIRST_LAYER) + "( \\(.*\\))?"))
                .findFirst();
        if (other.isPresent()) {
            int kind = other.get().indexOf(" (");
            return new InputException("--backbone " + file + ": its " + Landmark.FIRST_LAYER + " is "
                    + (kind < 0
                            ? "of no images in red, green and blue"
                            : other.get().substring(kind + 2, other.get().length() - 1)
                                    + ", and one of floating-point numbers is needed")
                    + "; " + WANTED);
        }
        return contents.hasTensors()
                ? missing(file, Landmark.FIRST_LAYER, contents)
                : new InputException("--backbone " + file + " holds no state dict " + contents.shown()
                        + "; save model.state_dict() with torch.save");
    }

    private static InputException missing(Path file, String name, FileContents contents) {
        String norm = name.endsWith(".running_mean") ? ", and so no BatchNorm there" : "";
        return new InputException(
                "--backbone " + file + " has no " + name + norm + " " + contents.shown() + "; " + WANTED);
    }

    private static String plain(String name) {
        return name.substring(BackboneArchitecture.PREFIX.length());
    }
}
