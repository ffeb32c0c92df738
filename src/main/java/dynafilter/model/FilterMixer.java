package dynafilter.model;

import static org.bytedeco.pytorch.global.torch.linear;

import dynafilter.runtime.NativeOwner;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.jspecify.annotations.Nullable;

/** A basis of trained filters, and what mixes them for each label ({@link FilterKind#BASIS}). */
final class FilterMixer implements FilterSource, LabelGenerator {
    private static final String BASIS = "basis.weight";
    private static final String LABEL = "mixer.label";
    private static final String IMAGE = "mixer.image.weight";
    /** The temperature of the softmax at the first step: all filters of the basis are mixed alike, and all learn. */
    private static final double FIRST_TEMPERATURE = 30;
    /** The share of the steps in which the temperature falls to 1, as a straight line (Chen et al. 2020). */
    private static final double COOLING = 0.1;

    private final Tensor embedding; // [K, E]
    private final Tensor basis; // [M, C, 1, 1]
    private final Tensor labelWeight; // [M, E]
    private final Tensor labelBias; // [M]
    private final @Nullable Tensor imageWeight; // [M, C]; null: the image has no part in the mixture
    private final Tensor sharpness; // [], 1 / temperature, on the device, since a captured step reads it there
    private final FilterLength one;
    private final NativeOwner owner;

    FilterMixer(NetworkShape shape, Map<String, Tensor> state) {
        embedding = StateDict.tensor(state, NetworkShape.EMBEDDING);
        basis = StateDict.tensor(state, BASIS);
        labelWeight = StateDict.tensor(state, LABEL + ".weight");
        labelBias = StateDict.tensor(state, LABEL + ".bias");
        imageWeight = shape.design().basisImage() == BasisImage.ON ? StateDict.tensor(state, IMAGE) : null;
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            one = building.keep(new FilterLength(basis, basis.size(1)));
            sharpness = building.keep(labelBias.new_ones(new long[0]));
            owner = building.handOver();
        }
    }

    @Override
    public void progress(double share) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            sharpness.fill_(new Scalar(1 / temperature(share)));
        }
    }

    /** The temperature after a share of the run's steps. */
    static double temperature(double share) {
        return share < COOLING ? FIRST_TEMPERATURE + (1 - FIRST_TEMPERATURE) * share / COOLING : 1;
    }

    @Override
    public LabelFilters filters(boolean training) {
        return of(embedding, training ? sharpness : null);
    }

    @Override
    public LabelFilters filtersOf(Tensor embeddings) {
        return of(embeddings, null);
    }

    private LabelFilters of(Tensor embeddings, @Nullable Tensor sharpnessOfStep) {
        Tensor bank = one.apply(basis.flatten(1, -1), 1);
        Tensor labels = linear(embeddings, labelWeight, new TensorOptional(labelBias));
        return new MixedFilters(bank, labels, imageWeight, sharpnessOfStep);
    }

    static void shapes(Map<String, long[]> shapes, NetworkShape shape) {
        long basis = shape.design().basis();
        shapes.put(BASIS, new long[] {basis, shape.channels(), 1, 1});
        shapes.put(LABEL + ".weight", new long[] {basis, shape.embeddingSize()});
        shapes.put(LABEL + ".bias", new long[] {basis});
        if (shape.design().basisImage() == BasisImage.ON) {
            shapes.put(IMAGE, new long[] {basis, shape.channels()});
        }
    }

    @Override
    public void close() {
        owner.close();
    }
}
