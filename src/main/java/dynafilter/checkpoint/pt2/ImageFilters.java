package dynafilter.checkpoint.pt2;

import dynafilter.checkpoint.pt2.ProgramGraph.Argument;
import dynafilter.checkpoint.translation.Shaped;
import dynafilter.model.FilterKind;
import dynafilter.model.NetworkShape;

/** The response maps of filters that each image has for itself, as a program of PyTorch's operators. */
final class ImageFilters {
    private static final long N = Shaped.BATCH;

    private final ProgramLayers layers;
    private final NetworkShape shape;

    /** @param shape of the network whose filters they are */
    ImageFilters(ProgramLayers layers, NetworkShape shape) {
        this.layers = layers;
        this.shape = shape;
    }

    /** The maps of the network's design: [N, K, H, W]. */
    ProgramValue maps(ProgramValue features) {
        return shape.design().kind() == FilterKind.BASIS ? mixedMaps(features) : conditionalMaps(features);
    }

    /** Maps of filters that are generated of label and image, {@code norm(tanh(A relu(B e_l + D c_n)))}: [N, K, H, W]. */
    private ProgramValue conditionalMaps(ProgramValue features) {
        ProgramValue labels = layers.linear(layers.parameter(NetworkShape.EMBEDDING), "generator.0"); // [K, width]
        ProgramValue hidden = layers.relu(withImage(features, "generator.image.weight", labels));
        ProgramValue rows = layers.tanh(layers.linear(hidden, "generator.2")); // [N, K, C]
        ProgramValue filters = layers.times(layers.unit(rows), shape.rescaling());
        return mixed(filters, features);
    }

    /** Maps of a basis, mixed by {@code softmax(R e_l + S c_n)} for each label and image: [N, K, H, W]. */
    private ProgramValue mixedMaps(ProgramValue features) {
        long basis = shape.design().basis();
        ProgramValue labels = layers.linear(layers.parameter(NetworkShape.EMBEDDING), "mixer.label"); // [K, M]
        ProgramValue sums = withImage(features, "mixer.image.weight", labels);
        ProgramValue mixture = layers.softmax(sums); // [N, K, M]
        ProgramValue bank = layers.times(layers.basis(basis, shape.channels()), shape.rescaling());
        ProgramValue filters = layers.reshape(bank, basis, shape.channels(), 1, 1);
        long[] maps = {N, basis, shape.mapHeight(), shape.mapWidth()};
        return mixed(mixture, layers.convolution(features, filters, maps, 1, 0, 1));
    }

    /** The image's part, made by {@code weight} of the feature map's mean over its places, and the labels' part: [N, K, width]. */
    private ProgramValue withImage(ProgramValue features, String weight, ProgramValue labels) {
        ProgramGraph graph = layers.graph();
        ProgramValue means = graph.node(
                "mean.dim",
                new long[] {N, shape.channels()},
                Argument.of("self", features),
                Argument.ofInts("dim", 2, 3));
        ProgramValue image = layers.product(means, weight); // [N, width]
        long width = image.shape()[1];
        ProgramValue column = graph.node(
                "unsqueeze.default", new long[] {N, 1, width}, Argument.of("self", image), Argument.of("dim", 1));
        return graph.node(
                "add.Tensor",
                new long[] {N, labels.shape()[0], width},
                Argument.of("self", column),
                Argument.of("other", labels));
    }

    /** The sums of maps [N, M, H, W] that each image's rows [N, K, M] make of them: [N, K, H, W]. */
    private ProgramValue mixed(ProgramValue rows, ProgramValue maps) {
        ProgramValue places = layers.flatten(maps, 2, N, maps.shape()[1], shape.mapSize());
        ProgramValue sums = layers.graph()
                .node(
                        "bmm.default",
                        new long[] {N, shape.maps(), shape.mapSize()},
                        Argument.of("self", rows),
                        Argument.of("mat2", places));
        return layers.reshape(sums, N, shape.maps(), shape.mapHeight(), shape.mapWidth());
    }
}
