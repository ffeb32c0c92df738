package dynafilter.train.optim;

import dynafilter.model.NetworkShape;
import dynafilter.runfolder.Optimization;
import dynafilter.runtime.NativeOwner;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * Muon (Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks") for hidden matrices and convolutions, and
 * SGD with Nesterov momentum for the rest. It is {@code torch.optim.Muon}'s arithmetic and state, but in float32 throughout, and
 * for convolutions, too: they are matrices [outputs, inputs * height * width]. Its weight decay is decoupled. SGD's is not, and is
 * such that in the long run both take the same share off a weight: {@code decay * rate} a step of Muon's, and
 * {@code decay * rate / (1 - momentum)} of SGD's.
 */
final class Muon extends Sgd {
    /** The matrices that are not hidden: embeddings, trained filters and the last layer. */
    private static final Set<String> OUTER =
            Set.of(NetworkShape.EMBEDDING, "filters.weight", "basis.weight", "predictor.2.weight");

    private final NativeOwner own;
    private final double restFactor; // SGD's rate in terms of Muon's
    private final double hiddenDecay;
    private final Scalar factor;
    private final Tensor restRate; // []
    private final @Nullable HiddenMatrices matrices; // null where none trains

    private Muon(FlatParameters parameters, Optimization recipe, NativeOwner building) {
        super(parameters, recipe.momentum(), restDecay(recipe), true);
        hiddenDecay = recipe.weightDecay();
        restFactor = recipe.restLr() / recipe.lr();
        factor = building.keep(new Scalar(restFactor));
        restRate = building.keep(parameters.values().new_zeros(new long[0]));
        matrices = parameters.groups().stream()
                .filter(FlatParameters.Group::hidden)
                .findFirst()
                .map(group -> building.keep(new HiddenMatrices(parameters, group, recipe.weightDecay())))
                .orElse(null);
        own = building.handOver();
    }

    /** The optimizer of a recipe. */
    static Muon of(FlatParameters parameters, Optimization recipe) {
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            return new Muon(parameters, recipe, building);
        }
    }

    private static double restDecay(Optimization recipe) {
        return recipe.weightDecay() * recipe.lr() / recipe.restLr() * (1 - recipe.momentum());
    }

    /** True: Muon updates the parameter of this name, where it is no vector; false: SGD does. */
    static boolean takes(String name) {
        return !OUTER.contains(name);
    }

    @Override
    double decay(FlatParameters.Group group) {
        return group.hidden() ? hiddenDecay : super.decay(group);
    }

    @Override
    boolean fuses(FlatParameters.Group group) {
        return !group.hidden();
    }

    @Override
    void updateApart(List<Tensor> buffers, Tensor rate) {
        // On the device, so that a captured step is told one rate.
        torch.mul_out(restRate, rate, factor);
        if (matrices != null) {
            matrices.update(buffers.get(0), rate);
        }
    }

    @Override
    IValue[] arguments(Tensor values, Tensor gradients, List<Tensor> buffers, Tensor rate, Tensor steps, double decay) {
        return super.arguments(values, gradients, buffers, restRate, steps, decay);
    }

    @Override
    Map<String, @Nullable Object> options(FlatParameters.Group group, double learningRate) {
        if (!group.hidden()) {
            return options(learningRate * restFactor);
        }
        Map<String, @Nullable Object> options = new LinkedHashMap<>();
        options.put("lr", learningRate);
        options.put("momentum", HiddenMatrices.MOMENTUM);
        options.put("nesterov", true);
        options.put("ns_coefficients", HiddenMatrices.COEFFICIENTS);
        options.put("eps", HiddenMatrices.EPSILON);
        options.put("ns_steps", HiddenMatrices.STEPS);
        options.put("adjust_lr_fn", null);
        return options;
    }

    @Override
    String marker(FlatParameters.Group group) {
        return group.hidden() ? "ns_steps" : "dampening";
    }

    @Override
    public void close() {
        own.close();
        super.close();
    }
}
