package dynafilter.checkpoint.pt2;

import dynafilter.checkpoint.ExportSettings;
import dynafilter.checkpoint.ScriptInput;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.checkpoint.pt2.ProgramGraph.Argument;
import dynafilter.checkpoint.translation.Shaped;
import dynafilter.data.device.Normalization;
import dynafilter.model.NetworkShape;
import dynafilter.model.ResNetArchitecture;
import dynafilter.runtime.ComputeDevice;

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
     * @throws dynafilter.io.InputException where it is on a TorchScript backbone with an operator that has no translation
     */
    static Program of(TrainedNetwork trained, ExportSettings settings) {
        NetworkShape shape = trained.network().shape();
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
        if (!shape.design().isConstant()) {
            return new ImageFilters(layers, shape).maps(features);
        }
        ConstantMaps constant = new ConstantMaps(layers, shape);
        return baked ? constant.baked(features, trained.network().constants()) : constant.generated(features);
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

    private ProgramValue predicted(ProgramValue maps) {
        ProgramValue rows = layers.flatten(maps, 2, N, shape.maps(), shape.mapSize());
        int heads = shape.design().heads();
        if (heads > 1) {
            rows = layers.reshape(rows, N, shape.maps() / heads, (long) heads * shape.mapSize());
        }
        ProgramValue scores = layers.perceptron(rows, "predictor");
        return layers.flatten(scores, 1, N, shape.classes());
    }
}
