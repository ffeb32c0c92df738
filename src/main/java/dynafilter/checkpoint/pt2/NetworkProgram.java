package dynafilter.checkpoint.pt2;

import dynafilter.checkpoint.ExportSettings;
import dynafilter.checkpoint.ScriptInput;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.checkpoint.pt2.ProgramGraph.Argument;
import dynafilter.data.device.Normalization;
import dynafilter.io.InputException;
import dynafilter.model.FilterDesign;
import dynafilter.model.FilterKind;
import dynafilter.model.NetworkShape;
import dynafilter.model.ResNetArchitecture;
import dynafilter.runtime.ComputeDevice;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;

/** What a trained network computes, in evaluation, as a program of PyTorch's operators with a free number of images. */
final class NetworkProgram {
    private static final double SHORTEST = 1e-12; // the least length that a filter is divided by, as F.normalize's
    private static final long N = ProgramValue.BATCH;

    private final TrainedNetwork trained;
    private final NetworkShape shape;
    private final ProgramGraph graph;

    private NetworkProgram(TrainedNetwork trained, ProgramGraph graph) {
        this.trained = trained;
        this.graph = graph;
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
     * @throws InputException where its backbone is a program of its own
     */
    static Program of(TrainedNetwork trained, ExportSettings settings) {
        NetworkShape shape = trained.network().shape();
        if (!(shape.backbone() instanceof ResNetArchitecture resnet)) {
            throw new InputException("--format pt2: " + trained.file() + " is on "
                    + shape.backbone().description()
                    + ", whose layers are TorchScript's; --format torchscript takes it as it is");
        }
        FilterDesign design = shape.design();
        if (!design.isConstant()) {
            throw new InputException("--format pt2: " + trained.file() + " has " + design
                    + " filters, which each image makes anew; --format torchscript takes them");
        }
        if (!settings.bakedFilters() && (design.kind() == FilterKind.BASIS || design.kind() == FilterKind.LOCAL)) {
            throw new InputException(
                    "--format pt2 --no-bake-filters: " + design
                            + " filters are only written as constants; leave --no-bake-filters out, or use --format torchscript");
        }
        boolean pixels = settings.input() == ScriptInput.UINT8;
        long size = shape.imageSize();
        ProgramGraph graph = new ProgramGraph(new ProgramValue(
                "images", pixels ? ProgramValue.UINT8 : ProgramValue.FLOAT32, new long[] {N, 3, size, size}));
        NetworkProgram program = new NetworkProgram(trained, graph);
        ProgramValue images = pixels ? program.normalized(graph.input()) : graph.input();
        ResNetProgram backbone = new ResNetProgram(graph, trained.state());
        ProgramValue features = backbone.features(images, resnet.layout());
        if (shape.adapter()) {
            features = backbone.adapted(features);
        }
        ProgramValue filters = settings.bakedFilters() ? program.bakedFilters() : program.generatedFilters();
        return new Program(graph, program.predicted(program.weighted(program.responseMaps(features, filters))));
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
                : graph.node(
                        "flatten.using_ints",
                        rows,
                        Argument.of("self", parameter("filters.weight")),
                        Argument.of("start_dim", 1));
        ProgramValue lengths = graph.node(
                "linalg_vector_norm.default",
                new long[] {rows[0], 1},
                Argument.of("self", made),
                Argument.of("ord", 2.0),
                Argument.ofInts("dim", 1),
                Argument.of("keepdim", true));
        ProgramValue atLeast = graph.node(
                "clamp_min.default", lengths.shape(), Argument.of("self", lengths), Argument.of("min", SHORTEST));
        ProgramValue unit = graph.node("div.Tensor", rows, Argument.of("self", made), Argument.of("other", atLeast));
        long[] filters = {rows[0], shape.channels(), size, size};
        return graph.node("view.default", filters, Argument.of("self", unit), Argument.ofInts("size", filters));
    }

    private ProgramValue generated(long[] rows) {
        ProgramValue hidden = relu(linear(parameter(NetworkShape.EMBEDDING), "generator.0"));
        ProgramValue outer = linear(hidden, "generator.2");
        ProgramValue made = graph.node("tanh.default", outer.shape(), Argument.of("self", outer));
        return graph.node("view.default", rows, Argument.of("self", made), Argument.ofInts("size", rows));
    }

    private ProgramValue responseMaps(ProgramValue features, ProgramValue filters) {
        ProgramValue rescaled = graph.node(
                "mul.Tensor", filters.shape(), Argument.of("self", filters), Argument.of("other", shape.rescaling()));
        long[] maps = {N, shape.maps(), shape.mapHeight(), shape.mapWidth()};
        return ResNetProgram.convolution(
                graph, features, rescaled, maps, 1, shape.design().size() / 2, 1);
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
        ProgramValue rows = graph.node(
                "flatten.using_ints",
                new long[] {N, shape.maps(), shape.mapSize()},
                Argument.of("self", maps),
                Argument.of("start_dim", 2));
        int heads = shape.design().heads();
        if (heads > 1) {
            long[] ofLabels = {N, shape.maps() / heads, (long) heads * shape.mapSize()};
            rows = graph.node(
                    "reshape.default", ofLabels, Argument.of("self", rows), Argument.ofInts("shape", ofLabels));
        }
        ProgramValue scores = linear(relu(linear(rows, "predictor.0")), "predictor.2");
        return graph.node(
                "flatten.using_ints",
                new long[] {N, shape.classes()},
                Argument.of("self", scores),
                Argument.of("start_dim", 1));
    }

    private ProgramValue linear(ProgramValue input, String layer) {
        ProgramValue weight = parameter(layer + ".weight");
        long[] result = input.shape().clone();
        result[result.length - 1] = weight.shape()[0];
        return graph.node(
                "linear.default",
                result,
                Argument.of("input", input),
                Argument.of("weight", weight),
                Argument.of("bias", parameter(layer + ".bias")));
    }

    private ProgramValue relu(ProgramValue input) {
        return ResNetProgram.relu(graph, input);
    }

    private ProgramValue parameter(String name) {
        return graph.weight(name, true, tensor(name));
    }

    private Tensor tensor(String name) {
        return Objects.requireNonNull(trained.state().get(name), name);
    }
}
