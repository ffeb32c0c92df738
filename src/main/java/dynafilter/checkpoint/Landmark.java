package dynafilter.checkpoint;

import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/** The tensor by which a network is recognised in a state dict, whatever the prefix of its name there. */
@FunctionalInterface
interface Landmark {
    /** The weight of the last layer of this program's network. */
    String LAST_LAYER = "predictor.2.weight";

    /** The weight of the first layer of ResNet-18. */
    String FIRST_LAYER = "conv1.weight";

    /** The landmark of this program's network. */
    Landmark NETWORK = (name, tensor, names) -> before(name, LAST_LAYER);

    /** The landmark of ResNet-18's first layers, by torchvision's names, or by the numbers of {@code nn.Sequential}. */
    Landmark STEM = (name, tensor, names) -> {
        if (tensor.dim() != 4 || tensor.size(1) != 3) {
            return Optional.empty();
        }
        return before(name, FIRST_LAYER)
                .or(() -> before(name, "0.weight").filter(prefix -> names.contains(prefix + "4.0.conv1.weight")));
    };

    /**
     * The prefix of the names of a network's tensors, where the tensor is the network's landmark; empty for another tensor.
     *
     * @param names the names of all tensors in the state dict
     */
    Optional<String> prefix(String name, Tensor tensor, Set<String> names);

    private static Optional<String> before(String name, String layer) {
        return name.equals(layer) || name.endsWith("." + layer)
                ? Optional.of(name.substring(0, name.length() - layer.length()))
                : Optional.empty();
    }
}
