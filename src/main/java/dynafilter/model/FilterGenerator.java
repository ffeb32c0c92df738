package dynafilter.model;

import static org.bytedeco.pytorch.global.torch.tanh;

import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The filter generator, which makes each label's filters of the label's embedding: Linear, ReLU, Linear, Tanh, the same for every
 * label. {@link FilterKind#CONDITIONAL} adds the image's part to the hidden layer, {@link FilterKind#LOCAL} a weight for each
 * place, by a generator of its own.
 */
final class FilterGenerator implements FilterSource, LabelGenerator {
    private static final String NAME = "generator";
    private static final String IMAGE = "generator.image.weight";
    private static final String PLACES = "places";

    private final NetworkShape shape;
    private final Tensor embedding; // [K, E]
    private final TwoLayerHead head;
    private final @Nullable Tensor image; // [width, C]; null: filters are of labels alone
    private final @Nullable TwoLayerHead places; // null: filters are the same at all places
    private final FilterLength one;

    FilterGenerator(NetworkShape shape, Map<String, Tensor> state) {
        this.shape = shape;
        embedding = StateDict.tensor(state, NetworkShape.EMBEDDING);
        head = new TwoLayerHead(state, NAME);
        image = shape.design().kind() == FilterKind.CONDITIONAL ? StateDict.tensor(state, IMAGE) : null;
        places = shape.design().kind() == FilterKind.LOCAL ? new TwoLayerHead(state, PLACES) : null;
        one = new FilterLength(
                StateDict.tensor(state, NAME + ".2.weight"), shape.design().length(shape.channels()));
    }

    /** The generator sees nothing but the label, so all labels go through it as one batch: the embedding table itself. */
    @Override
    public LabelFilters filters(boolean training) {
        return filtersOf(embedding);
    }

    @Override
    public LabelFilters filtersOf(Tensor embeddings) {
        if (image != null) {
            return new ConditionalFilters(head.first(embeddings), image, head);
        }
        int size = shape.design().size();
        Tensor rows = tanh(head.forward(embeddings)).view(-1, shape.design().length(shape.channels()));
        return new ConstantFilters(one.apply(rows, size), placesOf(embeddings));
    }

    /** The weight of each place, near 1 in a new network: [M, H, W]. */
    private @Nullable Tensor placesOf(Tensor embeddings) {
        return places == null
                ? null
                : places.forward(embeddings).add(new Scalar(1.0)).view(-1, shape.mapHeight(), shape.mapWidth());
    }

    static void shapes(Map<String, long[]> shapes, NetworkShape shape) {
        FilterDesign design = shape.design();
        long width = NetworkShape.GENERATOR_WIDTH;
        TwoLayerHead.shapes(
                shapes, NAME, shape.embeddingSize(), width, (long) design.heads() * design.length(shape.channels()));
        if (design.kind() == FilterKind.CONDITIONAL) {
            shapes.put(IMAGE, new long[] {width, shape.channels()});
        }
        if (design.kind() == FilterKind.LOCAL) {
            TwoLayerHead.shapes(shapes, PLACES, shape.embeddingSize(), width, shape.mapSize());
        }
    }

    @Override
    public void close() {
        one.close();
    }
}
