package dynafilter.torchfile;

import dynafilter.checkpoint.Checkpoint;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Values that the tests of this package write and compare. */
public final class Samples {
    private Samples() {}

    /** 0, 1, 2, ... in the shape. */
    public static Tensor counting(Dtype dtype, long... shape) {
        long elements = 1;
        for (long size : shape) {
            elements *= size;
        }
        return torch.arange(new Scalar(elements)).to(dtype.scalarType()).view(shape);
    }

    /** A small checkpoint as training writes one: seven tensors. */
    public static Checkpoint checkpoint() {
        Map<String, Tensor> model = new LinkedHashMap<>();
        model.put("conv.weight", counting(Dtype.FLOAT32, 4, 3, 3, 3));
        model.put("bn.num_batches_tracked", counting(Dtype.INT64, 1).view(new long[0]));
        Map<String, Object> state = new LinkedHashMap<>();
        state.put("momentum_buffer", counting(Dtype.FLOAT32, 4, 3, 3, 3));
        state.put("step", 7L);
        Map<String, Object> group = new LinkedHashMap<>();
        group.put("lr", 0.1);
        group.put("betas", Tuple.of(0.9, 0.999));
        group.put("nesterov", true);
        group.put("params", List.of(0L));
        Map<String, Object> optimizer = new LinkedHashMap<>();
        optimizer.put("state", Map.of(0L, state));
        optimizer.put("param_groups", List.of(group));
        Map<String, Object> recipe = new LinkedHashMap<>();
        recipe.put("filters", "dynamic");
        recipe.put("seed", 1L);
        return new Checkpoint(
                model,
                optimizer,
                3,
                588,
                0.75,
                recipe,
                List.of("cat", "dog"),
                Map.of("seed", 1L),
                Map.of("ema", Map.of("conv.weight", counting(Dtype.FLOAT16, 2, 2))),
                List.of());
    }

    /** Equal structure, and bit-equal tensors of equal type and shape. */
    public static boolean same(Object a, Object b) {
        if (a instanceof Tensor left && b instanceof Tensor right) {
            return left.scalar_type().intern() == right.scalar_type().intern()
                    && left.dim() == right.dim()
                    && left.equal(right);
        }
        if (a instanceof Map<?, ?> left && b instanceof Map<?, ?> right) {
            return left.keySet().equals(right.keySet())
                    && left.keySet().stream().allMatch(key -> same(left.get(key), right.get(key)));
        }
        if (a instanceof List<?> left && b instanceof List<?> right) {
            if (left.size() != right.size()) {
                return false;
            }
            for (int i = 0; i < left.size(); i++) {
                if (!same(left.get(i), right.get(i))) {
                    return false;
                }
            }
            return true;
        }
        return a == null ? b == null : a.equals(b);
    }

    public static boolean same(Checkpoint a, Checkpoint b) {
        return same(a.model(), b.model())
                && same(a.optimizer(), b.optimizer())
                && a.epoch() == b.epoch()
                && a.step() == b.step()
                && a.bestAccuracy() == b.bestAccuracy()
                && same(a.recipe(), b.recipe())
                && a.classes().equals(b.classes())
                && same(a.rng(), b.rng())
                && same(a.extra(), b.extra());
    }

    /** The value of a one-element tensor. */
    public static double item(Tensor tensor) {
        return tensor.to(ScalarType.Double).item_double();
    }
}
