package dynafilter.checkpoint.pt2;

import dynafilter.checkpoint.pt2.ProgramGraph.Argument;
import dynafilter.checkpoint.translation.Shaped;
import dynafilter.model.ConstantFilters;
import dynafilter.model.FilterKind;
import dynafilter.model.NetworkShape;
import org.bytedeco.pytorch.Tensor;

/** The response maps of filters that are the same for every image, as a program of PyTorch's operators: [N, K * heads, H, W]. */
final class ConstantMaps {
    private static final long N = Shaped.BATCH;

    private final ProgramLayers layers;
    private final NetworkShape shape;

    /** @param shape of the network whose filters they are */
    ConstantMaps(ProgramLayers layers, NetworkShape shape) {
        this.layers = layers;
        this.shape = shape;
    }

    /** The maps of filters, and of places' weights where the network has such, that the program holds as they are now. */
    ProgramValue baked(ProgramValue features, ConstantFilters constants) {
        ProgramValue maps = responses(features, layers.constant("baked_filters", constants.weights()));
        Tensor places = constants.places();
        return places == null ? maps : product(maps, layers.constant("baked_places", places));
    }

    /** The maps of filters that the program makes of the network's parameters at every call. */
    ProgramValue generated(ProgramValue features) {
        int size = shape.design().size();
        ProgramValue filters = layers.view(rows(), shape.maps(), shape.channels(), size, size);
        ProgramValue maps = responses(features, filters);
        return shape.design().kind() == FilterKind.LOCAL ? product(maps, places()) : maps;
    }

    /** The filters, one a row: [K * heads, C * size * size]. */
    private ProgramValue rows() {
        long numbers =
                (long) shape.channels() * shape.design().size() * shape.design().size();
        return switch (shape.design().kind()) {
            case DYNAMIC, LOCAL -> {
                ProgramValue made = layers.tanh(layers.perceptron(embedding(), "generator"));
                yield layers.unit(layers.view(made, shape.maps(), numbers));
            }
            case STATIC, SINGLE ->
                layers.unit(layers.flatten(layers.parameter("filters.weight"), 1, shape.maps(), numbers));
            case BASIS -> {
                ProgramValue mixture = layers.softmax(layers.linear(embedding(), "mixer.label")); // [K, M]
                yield layers.matmul(mixture, layers.basis(shape.design().basis(), numbers));
            }
            case CONDITIONAL -> throw new IllegalStateException("each image has filters of its own");
        };
    }

    /** One more than what is generated, for each place: [K, H, W]. */
    private ProgramValue places() {
        ProgramValue generated = layers.perceptron(embedding(), "places");
        ProgramValue weights = layers.plus(generated, 1);
        return layers.view(weights, shape.classes(), shape.mapHeight(), shape.mapWidth());
    }

    private ProgramValue embedding() {
        return layers.parameter(NetworkShape.EMBEDDING);
    }

    private ProgramValue responses(ProgramValue features, ProgramValue filters) {
        long[] maps = {N, shape.maps(), shape.mapHeight(), shape.mapWidth()};
        ProgramValue rescaled = layers.times(filters, shape.rescaling());
        return layers.convolution(features, rescaled, maps, 1, shape.design().size() / 2, 1);
    }

    private ProgramValue product(ProgramValue maps, ProgramValue places) {
        return layers.graph().node("mul.Tensor", maps.shape(), Argument.of("self", maps), Argument.of("other", places));
    }
}
