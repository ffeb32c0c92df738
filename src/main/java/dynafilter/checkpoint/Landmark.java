package dynafilter.checkpoint;

import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;

/** The tensor by which a network is known in a state dict, whatever stands before its name there. */
@FunctionalInterface
interface Landmark {
    /** The last layer of this program's network. */
    String LAST_LAYER = "predictor.2.weight";

    /** The first layer of ResNet-18. */
    String FIRST_LAYER = "conv1.weight";

    /** This program's network. */
    Landmark NETWORK = (name, tensor, names) -> before(name, LAST_LAYER);

    /** ResNet-18's first layers, by torchvision's names, or numbered as {@code nn.Sequential} does. */
    Landmark STEM = (name, tensor, names) -> {
        if (tensor.dim() != 4 || tensor.size(1) != 3) {
            return Optional.empty();
        }
        return before(name, FIRST_LAYER)
                .or(() -> before(name, "0.weight").filter(prefix -> names.contains(prefix + "4.0.conv1.weight")));
    };

    /**
     * What stands before the names of a network's tensors, where this is its landmark.
     *
     * @param names all names beside it
     */
    Optional<String> prefix(String name, Tensor tensor, Set<String> names);

    private static Optional<String> before(String name, String layer) {
        return name.equals(layer) || name.endsWith("." + layer)
                ? Optional.of(name.substring(0, name.length() - layer.length()))
                : Optional.empty();
    }
}
