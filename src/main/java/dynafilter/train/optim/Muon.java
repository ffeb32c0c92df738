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

    /**
     * The beginnings of the names of what makes filters. A filter has length one, and the weights of a mixture have the sum one,
     * however large the numbers in their tanh and softmax; and Muon's steps are as long for the smallest gradient as for the
     * largest. With the weight decay of the rest those numbers grow until filters are but signs and a mixture is one of its
     * basis, which learn no more. Weight decay bounds what Muon's steps can add up to: a matrix's largest singular value stays
     * below one by it (Chen, Li and Liu 2025, "Muon Optimizes Under Spectral Norm Constraints").
     */
    private static final List<String> MAKERS = List.of("generator.", "places.", "mixer.");

    /** What a batch of matrices costs on a GPU beside its products: 30 kernels of 2 us, in which it does 30 TFLOP/s of products. */
    static final double LAUNCHES = 30 * 2e-6 * 30e12;

    private final NativeOwner own;
    private final double restFactor; // SGD's rate in terms of Muon's
    private final Optimization recipe;
    private final Tensor factor; // [], on the CPU: with a scalar libtorch makes a tensor first, and copies it
    private final Tensor restRate; // []
    private final @Nullable HiddenMatrices hidden; // null: none of them trains

    private Muon(FlatParameters parameters, Optimization recipe, NativeOwner building) {
        super(parameters, recipe.momentum(), restDecay(recipe), true);
        this.recipe = recipe;
        restFactor = recipe.restLr() / recipe.lr();
        factor = building.keep(torch.scalar_tensor(new Scalar(restFactor)));
        restRate = building.keep(parameters.values().new_zeros(new long[0]));
        List<FlatParameters.Group> groups = parameters.groups().stream()
                .filter(group -> group.kind().isApart())
                .toList();
        hidden = groups.isEmpty()
                ? null
                : building.keep(new HiddenMatrices(
                        parameters,
                        groups,
                        group -> decay(recipe, group.kind()),
                        parameters.values().is_cuda() ? LAUNCHES : 0));
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

    private static double decay(Optimization recipe, ParameterKind kind) {
        return kind == ParameterKind.MAKER ? recipe.filterDecay() : recipe.weightDecay();
    }

    /** The kind of a parameter that is no vector. What decays alike is one group. */
    static ParameterKind kind(Optimization recipe, String name) {
        if (OUTER.contains(name)) {
            return ParameterKind.MATRIX;
        }
        boolean apart = recipe.filterDecay() != recipe.weightDecay();
        return apart && MAKERS.stream().anyMatch(name::startsWith) ? ParameterKind.MAKER : ParameterKind.HIDDEN;
    }

    @Override
    double decay(FlatParameters.Group group) {
        return group.kind().isApart() ? decay(recipe, group.kind()) : super.decay(group);
    }

    @Override
    boolean fuses(FlatParameters.Group group) {
        return !group.kind().isApart();
    }

    @Override
    void updateApart(List<Tensor> buffers, Tensor rate) {
        // On the device, so that a captured step is told one rate.
        torch.mul_out(restRate, rate, factor);
        if (hidden != null) {
            hidden.update(buffers.get(0), rate);
        }
    }

    @Override
    IValue[] arguments(Tensor values, Tensor gradients, List<Tensor> buffers, Tensor rate, Tensor steps, double decay) {
        return super.arguments(values, gradients, buffers, restRate, steps, decay);
    }

    @Override
    Map<String, @Nullable Object> options(FlatParameters.Group group, double learningRate) {
        if (!group.kind().isApart()) {
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
        return group.kind().isApart() ? "ns_steps" : "dampening";
    }

    @Override
    public void close() {
        own.close();
        super.close();
    }
}
