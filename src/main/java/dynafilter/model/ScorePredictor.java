package dynafilter.model;

import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** The class score predictor: a perceptron of two layers, the same for the response maps of every label. */
public final class ScorePredictor {
    private static final String NAME = "predictor";

    private final int heads;
    private final TwoLayerHead head;

    ScorePredictor(NetworkShape shape, Map<String, Tensor> state) {
        heads = shape.design().heads();
        head = new TwoLayerHead(state, NAME);
    }

    /**
     * The class scores of response maps.
     *
     * @param maps [N, K * heads, H, W]
     * @return [N, classes], in memory [classes, N] where each class has maps of its own
     */
    Tensor scores(Tensor maps) {
        long images = maps.size(0);
        long labels = maps.size(1) / heads;
        if (maps.stride(0) > maps.stride(1)) { // they lie image by image
            // [N, K, heads * H * W]. One product of all N * K rows would be quicker, and round a label by how many
            // others there are.
            Tensor rows = maps.flatten(2, -1).reshape(images, labels, -1);
            return head.forward(rows).flatten(1, -1); // of [N, K, 1] or [N, 1, classes]
        }
        Tensor rows = maps.flatten(2, -1)
                .view(images, labels, heads, -1)
                .permute(1, 0, 2, 3)
                .reshape(labels * images, -1); // [K * N, heads * H * W]: as they lie, where they are a product
        Tensor scores = head.forward(rows); // [K * N, 1], or [N, classes] of a single filter
        return scores.view(labels, images, -1).transpose(0, 1).flatten(1, -1);
    }

    /** The response maps of which a score is made. */
    int heads() {
        return heads;
    }

    /** True: each score is made of one response map; false: of several, or several of one. */
    boolean takesSingleMaps() {
        return heads == 1 && head.outputs() == 1;
    }

    /**
     * The class scores of mixed response maps. The first layer is linear, so that it is applied to the maps of the basis, which
     * are fewer than those of the labels.
     *
     * @param mixture [N, K, M]
     * @param basisMaps [N, M, H * W]
     * @return [N, K]
     */
    Tensor mixedScores(Tensor mixture, Tensor basisMaps) {
        return head.forwardMixed(mixture, basisMaps).flatten(1, -1);
    }

    /** The predictor's tensors as factors and summands of products of rows: [heads * H * W, width], [width], [width, outputs], [outputs]. */
    static List<Tensor> products(Map<String, Tensor> state) {
        return List.of(
                StateDict.tensor(state, NAME + ".0.weight").t(),
                StateDict.tensor(state, NAME + ".0.bias"),
                StateDict.tensor(state, NAME + ".2.weight").t(),
                StateDict.tensor(state, NAME + ".2.bias"));
    }

    static void shapes(Map<String, long[]> shapes, NetworkShape shape) {
        TwoLayerHead.shapes(
                shapes,
                NAME,
                (long) shape.design().heads() * shape.mapSize(),
                NetworkShape.PREDICTOR_WIDTH,
                shape.predictorOutputs());
    }
}
