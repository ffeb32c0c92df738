package dynafilter.model;

import static org.bytedeco.pytorch.global.torch.tanh;

import dynafilter.runtime.NativeOwner;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * The filter generator, which makes each label's filter of the label's embedding ({@link FilterKind#DYNAMIC}): Linear, ReLU,
 * Linear, Tanh, the same for every label.
 */
final class FilterGenerator implements FilterSource {
    private static final String NAME = "generator";

    private final Tensor embedding; // [K, E]
    private final TwoLayerHead head;
    private final NativeOwner owner;
    private final FilterLength one;
    private final FilterLength rescaled;

    FilterGenerator(Map<String, Tensor> state) {
        embedding = StateDict.tensor(state, NetworkShape.EMBEDDING);
        head = new TwoLayerHead(state, NAME);
        Tensor last = StateDict.tensor(state, NAME + ".2.weight"); // [C, width]
        try (NativeOwner building = new NativeOwner()) {
            one = building.keep(new FilterLength(last, last.size(0), 1));
            rescaled = building.keep(
                    new FilterLength(last, last.size(0), DynamicConvolution.rescaling(last.size(0))));
            owner = building.handOver();
        }
    }

    /** The generator sees nothing but the label, so all labels go through it as one batch: the embedding table itself. */
    @Override
    public Tensor filters() {
        return filtersOf(embedding);
    }

    @Override
    public Tensor responses(Tensor features) {
        return DynamicConvolution.convolve(features, rescaled.apply(rows(embedding)));
    }

    /**
     * The filters of any labels, each of length one, differentiable with respect to their embeddings.
     *
     * @param embeddings [M, E], one row for each label
     * @return [M, C, 1, 1]
     */
    Tensor filtersOf(Tensor embeddings) {
        Tensor rows = one.apply(rows(embeddings));
        return rows.view(rows.size(0), rows.size(1), 1, 1);
    }

    private Tensor rows(Tensor embeddings) {
        return tanh(head.forward(embeddings));
    }

    static void shapes(Map<String, long[]> shapes, NetworkShape shape) {
        shapes.put(NetworkShape.EMBEDDING, new long[] {shape.classes(), shape.embeddingSize()});
        TwoLayerHead.shapes(shapes, NAME, shape.embeddingSize(), NetworkShape.GENERATOR_WIDTH, shape.channels());
    }

    @Override
    public void close() {
        owner.close();
    }
}
