package dynafilter.checkpoint;

import dynafilter.io.InputException;
import dynafilter.model.BackboneArchitecture;
import dynafilter.model.ResNetStem;
import dynafilter.runtime.NativeOwner;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The tensors of ResNet-18 up to {@code layer1}, from a state dict of the whole network or of its first layers. */
final class StemWeights {
    /** The names of the layers with weights in {@code nn.Sequential(*list(resnet18().children())[:5])}. */
    private static final Map<String, String> SEQUENTIAL = Map.of("conv1.", "0.", "bn1.", "1.", "layer1.", "4.");

    private StemWeights() {}

    /** All names that the tensors can have in a file. */
    static Set<String> names() {
        return ResNetStem.ARCHITECTURE.shapes().keySet().stream()
                .map(StemWeights::plain)
                .flatMap(name -> Stream.of(name, numbered(name)))
                .collect(Collectors.toSet());
    }

    /**
     * Copies of the tensors, in float32, by their names in this program's state dict.
     *
     * @param found the tensors by their names in the file, without a prefix
     * @param owner the owner of the copies
     * @throws InputException where a tensor is missing, or has another shape or type
     */
    static Map<String, Tensor> copy(Path file, Map<String, Tensor> found, NativeOwner owner) {
        Map<String, Tensor> state = new LinkedHashMap<>();
        ResNetStem.ARCHITECTURE.shapes().forEach((name, sizes) -> {
            String plain = plain(name);
            String source = found.containsKey(Landmark.FIRST_LAYER) ? plain : numbered(plain);
            state.put(name, owner.keep(copy(file, found, source, plain, sizes)));
        });
        return state;
    }

    /** A copy of the tensor {@code source}, which is ResNet-18's {@code plain}, in the caller's scope. */
    private static Tensor copy(Path file, Map<String, Tensor> found, String source, String plain, long[] sizes) {
        boolean counter = plain.endsWith("num_batches_tracked");
        Tensor tensor = found.get(source);
        if (tensor == null && counter) {
            tensor = torch.zeros(sizes); // state dicts of PyTorch before 0.4.1 do not count batches
        }
        if (tensor == null) {
            throw missing(file, plain, FileContents.of(found));
        }
        if (!Arrays.equals(tensor.shape(), sizes)) {
            throw new InputException("--backbone " + file + ": " + plain + " is " + Arrays.toString(tensor.shape())
                    + ", ResNet-18's is " + Arrays.toString(sizes) + "; give ResNet-18");
        }
        if (!counter && !tensor.is_floating_point()) {
            throw new InputException("--backbone " + file + ": " + plain
                    + " holds whole numbers, as of a quantized network; give one in floating-point numbers");
        }
        return tensor.detach()
                .to(counter ? ScalarType.Long : ScalarType.Float)
                .contiguous()
                .clone();
    }

    /** The error for a file without ResNet-18's first layer. */
    static InputException missing(Path file, FileContents contents) {
        return contents.hasTensors()
                ? missing(file, Landmark.FIRST_LAYER, contents)
                : new InputException("--backbone " + file + " holds no state dict " + contents.shown()
                        + "; save model.state_dict() with torch.save");
    }

    private static InputException missing(Path file, String plain, FileContents contents) {
        return new InputException("--backbone " + file + " has no " + plain + " " + contents.shown()
                + "; give ResNet-18 with the layers conv1 to layer1");
    }

    private static String plain(String name) {
        return name.substring(BackboneArchitecture.PREFIX.length());
    }

    private static String numbered(String name) {
        return SEQUENTIAL.entrySet().stream()
                .filter(layer -> name.startsWith(layer.getKey()))
                .map(layer -> layer.getValue() + name.substring(layer.getKey().length()))
                .findFirst()
                .orElse(name);
    }
}
