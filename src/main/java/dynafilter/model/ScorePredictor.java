package dynafilter.model;

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
     * @return [N, classes]
     */
    Tensor scores(Tensor maps) {
        Tensor rows = maps.flatten(2, -1); // [N, K * heads, H * W]
        Tensor ofLabels = heads == 1 ? rows : rows.reshape(rows.size(0), rows.size(1) / heads, heads * rows.size(2));
        return head.forward(ofLabels).flatten(1, -1); // of [N, K, 1] or [N, 1, classes]
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

    static void shapes(Map<String, long[]> shapes, NetworkShape shape) {
        TwoLayerHead.shapes(
                shapes,
                NAME,
                (long) shape.design().heads() * shape.mapSize(),
                NetworkShape.PREDICTOR_WIDTH,
                shape.predictorOutputs());
    }
}
