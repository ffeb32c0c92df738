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
import dynafilter.model.ResNetStem;
import dynafilter.runtime.ComputeDevice;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;

/** What a trained network computes, in evaluation, as a program of PyTorch's operators with a free number of images. */
final class NetworkProgram {
    private static final double EPSILON = 1e-5; // of BatchNorm
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
        if (shape.backbone() != ResNetStem.ARCHITECTURE) {
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
        ProgramValue features = program.stem(images);
        if (shape.adapter()) {
            features = program.relu(program.convolutionNorm(features, "adapter.conv", "adapter.bn", 1, 0));
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

    /** ResNet-18 up to layer1: [N, 3, S, S] to [N, 64, H, W]. */
    private ProgramValue stem(ProgramValue images) {
        ProgramValue features = relu(convolutionNorm(images, "backbone.conv1", "backbone.bn1", 2, 3));
        features = graph.node(
                "max_pool2d.default",
                strided(features, features.shape()[1], 2),
                Argument.of("self", features),
                Argument.ofInts("kernel_size", 3, 3),
                Argument.ofInts("stride", 2, 2),
                Argument.ofInts("padding", 1, 1));
        for (String block : new String[] {"backbone.layer1.0", "backbone.layer1.1"}) {
            ProgramValue inner = relu(convolutionNorm(features, block + ".conv1", block + ".bn1", 1, 1));
            inner = convolutionNorm(inner, block + ".conv2", block + ".bn2", 1, 1);
            features = relu(graph.node(
                    "add.Tensor", inner.shape(), Argument.of("self", inner), Argument.of("other", features)));
        }
        return features;
    }

    private ProgramValue convolutionNorm(ProgramValue input, String convolution, String norm, int stride, int padding) {
        Tensor weight = tensor(convolution + ".weight");
        ProgramValue convolved = convolution(
                input,
                graph.weight(convolution + ".weight", true, weight),
                strided(input, weight.size(0), stride),
                stride,
                padding);
        return graph.node(
                "batch_norm.default",
                convolved.shape(),
                Argument.of("input", convolved),
                Argument.of("weight", parameter(norm + ".weight")),
                Argument.of("bias", parameter(norm + ".bias")),
                Argument.of(
                        "running_mean", graph.weight(norm + ".running_mean", false, tensor(norm + ".running_mean"))),
                Argument.of("running_var", graph.weight(norm + ".running_var", false, tensor(norm + ".running_var"))),
                Argument.of("training", false),
                Argument.of("momentum", 0.1),
                Argument.of("eps", EPSILON),
                Argument.of("cudnn_enabled", false));
    }

    /** The shape behind a window with as much padding as keeps the size at stride 1: each side divided by the stride, rounded up. */
    private static long[] strided(ProgramValue input, long channels, int stride) {
        long side = (input.shape()[2] + stride - 1) / stride;
        return new long[] {N, channels, side, side};
    }

    private ProgramValue convolution(ProgramValue input, ProgramValue weight, long[] result, int stride, int padding) {
        return graph.node(
                "conv2d.default",
                result,
                Argument.of("input", input),
                Argument.of("weight", weight),
                Argument.none("bias"),
                Argument.ofInts("stride", stride, stride),
                Argument.ofInts("padding", padding, padding));
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
        return convolution(features, rescaled, maps, 1, shape.design().size() / 2);
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
        return graph.node("relu.default", input.shape(), Argument.of("self", input));
    }

    private ProgramValue parameter(String name) {
        return graph.weight(name, true, tensor(name));
    }

    private Tensor tensor(String name) {
        return Objects.requireNonNull(trained.state().get(name), name);
    }
}
