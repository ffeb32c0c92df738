package dynafilter.torchfile;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The conversion of weights to float32: files hold half precision to save space, or double by a script's default. */
public final class FloatWeights {
    private static final String COUNTER = "num_batches_tracked";

    private FloatWeights() {}

    /**
     * Converts every floating-point tensor to float32, in place, and BatchNorm's counters to int64.
     *
     * @return a note on the converted types, for people; empty where there was nothing to convert
     */
    public static List<String> convert(Map<String, Tensor> tensors) {
        TreeSet<String> types = new TreeSet<>();
        try (NoGradGuard guard = new NoGradGuard()) {
            tensors.forEach((name, tensor) -> {
                ScalarType wanted = name.endsWith(COUNTER) ? ScalarType.Long : ScalarType.Float;
                ScalarType type = tensor.scalar_type().intern();
                if (type == wanted || (wanted == ScalarType.Float && !tensor.is_floating_point())) {
                    return; // numbers that are no floating-point ones are no weights: who needs one will say so
                }
                if (wanted == ScalarType.Float) {
                    types.add(name(type));
                }
                try (PointerScope scope = new PointerScope()) {
                    tensor.set_data(tensor.to(wanted));
                }
            });
        }
        return types.isEmpty()
                ? List.of()
                : List.of(String.join(" and ", new ArrayList<>(types)) + " weights read as float32");
    }

    /** Converts every floating-point tensor to float64, in place. */
    static void toDouble(Iterable<Tensor> tensors) {
        try (NoGradGuard guard = new NoGradGuard();
                PointerScope scope = new PointerScope()) {
            for (Tensor tensor : tensors) {
                if (tensor.is_floating_point()) {
                    tensor.set_data(tensor.to(ScalarType.Double));
                }
            }
        }
    }

    private static String name(ScalarType type) {
        return Dtype.of(type)
                .map(dtype -> dtype.pythonName().substring("torch.".length()))
                .orElseGet(type::toString);
    }
}
