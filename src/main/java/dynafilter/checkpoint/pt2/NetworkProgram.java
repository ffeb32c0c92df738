package dynafilter.checkpoint.pt2;

import dynafilter.checkpoint.ExportSettings;
import dynafilter.checkpoint.ScriptInput;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.checkpoint.pt2.ProgramGraph.Argument;
import dynafilter.checkpoint.translation.Shaped;
import dynafilter.data.device.Normalization;
import dynafilter.io.InputException;
import dynafilter.model.FilterDesign;
import dynafilter.model.FilterKind;
import dynafilter.model.NetworkShape;
import dynafilter.model.ResNetArchitecture;
import dynafilter.runtime.ComputeDevice;
import org.bytedeco.pytorch.Tensor;

/** What a trained network computes, in evaluation, as a program of PyTorch's operators with a free number of images. */
final class NetworkProgram {
    private static final long N = Shaped.BATCH;

    private final TrainedNetwork trained;
    private final NetworkShape shape;
    private final ProgramGraph graph;
    private final ProgramLayers layers;

    private NetworkProgram(TrainedNetwork trained, ProgramGraph graph) {
        this.trained = trained;
        this.graph = graph;
        layers = new ProgramLayers(graph, trained.state());
        shape = trained.network().shape();
    }

    /**
     * A program and its result.
     *
     * @param scores [N, classes]
     */
    record Program(ProgramGraph graph, ProgramValue scores) {}

    /**
     * The program of a network; its weights belong to the network, or to the caller's scope.
     *
     * @throws InputException where it is on a TorchScript backbone with an operator that has no translation, or its filters can only
     *     be constants
     */
    static Program of(TrainedNetwork trained, ExportSettings settings) {
        NetworkShape shape = trained.network().shape();
        FilterDesign design = shape.design();
        boolean isWritten = settings.bakedFilters() || !design.isConstant();
        if (!isWritten && (design.kind() == FilterKind.BASIS || design.kind() == FilterKind.LOCAL)) {
            throw new InputException(
                    "--format pt2 --no-bake-filters: " + design
                            + " filters are only written as constants; leave --no-bake-filters out, or use --format torchscript");
        }
        boolean pixels = settings.input() == ScriptInput.UINT8;
        long size = shape.imageSize();
        ProgramGraph graph = new ProgramGraph(new ProgramValue(
                "images", pixels ? ProgramValue.UINT8 : ProgramValue.FLOAT32, new long[] {N, 3, size, size}));
        NetworkProgram program = new NetworkProgram(trained, graph);
        ProgramValue features = program.features(pixels ? program.normalized(graph.input()) : graph.input());
        return new Program(graph, program.predicted(program.maps(features, settings.bakedFilters())));
    }

    private ProgramValue features(ProgramValue images) {
        ResNetProgram resnet = new ResNetProgram(layers);
        ProgramValue features = shape.backbone() instanceof ResNetArchitecture architecture
                ? resnet.features(images, architecture.layout())
                : new ScriptProgram(graph).features(trained, images);
        return shape.adapter() ? resnet.adapted(features) : features;
    }

    /** The response maps: [N, K * heads, H, W]. */
    private ProgramValue maps(ProgramValue features, boolean baked) {
        if (shape.design().isConstant()) {
            return weighted(responseMaps(features, baked ? bakedFilters() : generatedFilters()));
        }
        ImageFilters filters = new ImageFilters(layers, shape);
        return shape.design().kind() == FilterKind.BASIS
                ? filters.mixedMaps(features)
                : filters.conditionalMaps(features);
    }

    private ProgramValue normalized(ProgramValue pixels) {
        try (Normalization normalization = new Normalization(trained.statistics(), ComputeDevice.CPU)) {
            ProgramValue shift =
                    graph.weight("shift", false, normalization.shift().clone());
            ProgramValue scale =
                    graph.weight("scale", false, normalization.scale().clone());
            ProgramValue numbers = graph.node(
                    "to.dtype",
                    pixels.shape(),
                    Argument.of("self", pixels),
                    Argument.ofType("dtype", ProgramValue.FLOAT32));
            return graph.node(
                    "addcmul.default",
                    pixels.shape(),
                    Argument.of("self", shift),
                    Argument.of("tensor1", numbers),
                    Argument.of("tensor2", scale));
        }
    }

    /** The filters as they are now, which are constants of the labels: [K, C, 1, 1]. */
    private ProgramValue bakedFilters() {
        return graph.weight(
                "baked_filters", false, trained.network().constants().weights());
    }

    /** The filters as the network makes them of its parameters: [K, C, 1, 1]. */
    private ProgramValue generatedFilters() {
        int size = shape.design().size();
        long[] rows = {shape.maps(), (long) shape.channels() * size * size};
        ProgramValue made = shape.design().kind() == FilterKind.DYNAMIC
                ? generated(rows)
                : layers.flatten(layers.parameter("filters.weight"), 1, rows);
        return view(layers.unit(made), rows[0], shape.channels(), size, size);
    }

    private ProgramValue generated(long[] rows) {
        ProgramValue hidden = layers.relu(layers.linear(layers.parameter(NetworkShape.EMBEDDING), "generator.0"));
        return view(layers.tanh(layers.linear(hidden, "generator.2")), rows);
    }

    private ProgramValue view(ProgramValue input, long... sizes) {
        return graph.node("view.default", sizes, Argument.of("self", input), Argument.ofInts("size", sizes));
    }

    private ProgramValue responseMaps(ProgramValue features, ProgramValue filters) {
        ProgramValue rescaled = layers.times(filters, shape.rescaling());
        long[] maps = {N, shape.maps(), shape.mapHeight(), shape.mapWidth()};
        return layers.convolution(features, rescaled, maps, 1, shape.design().size() / 2, 1);
    }

    /** The maps times the weight of each place, where the network has such weights. */
    private ProgramValue weighted(ProgramValue maps) {
        Tensor places = trained.network().constants().places(); // [K, H, W]
        return places == null
                ? maps
                : graph.node(
                        "mul.Tensor",
                        maps.shape(),
                        Argument.of("self", maps),
                        Argument.of("other", graph.weight("baked_places", false, places)));
    }

    private ProgramValue predicted(ProgramValue maps) {
        ProgramValue rows = layers.flatten(maps, 2, N, shape.maps(), shape.mapSize());
        int heads = shape.design().heads();
        if (heads > 1) {
            rows = layers.reshape(rows, N, shape.maps() / heads, (long) heads * shape.mapSize());
        }
        ProgramValue scores = layers.linear(layers.relu(layers.linear(rows, "predictor.0")), "predictor.2");
        return layers.flatten(scores, 1, N, shape.classes());
    }
}
