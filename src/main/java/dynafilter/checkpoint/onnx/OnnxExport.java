package dynafilter.checkpoint.onnx;

import dynafilter.checkpoint.ExportMetadata;
import dynafilter.checkpoint.ExportSettings;
import dynafilter.checkpoint.ExportVersions;
import dynafilter.checkpoint.ScriptInput;
import dynafilter.checkpoint.ScriptMetadata;
import dynafilter.checkpoint.ScriptTrial;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.checkpoint.torchscript.TorchScriptExport;
import dynafilter.checkpoint.translation.Translation;
import dynafilter.checkpoint.translation.Untranslatable;
import dynafilter.data.device.Normalization;
import dynafilter.io.AtomicFile;
import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import dynafilter.model.NetworkShape;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.Deviation;
import dynafilter.runtime.ScriptModule;
import dynafilter.runtime.TensorBytes;
import dynafilter.torchfile.TorchScriptFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/**
 * Exports a trained network as one ONNX file for evaluation: images in, {@value #SCORES} [N, classes], {@value #PROBABILITIES}
 * [N, classes] and {@value #RESPONSE_MAPS} [N, K * heads, H, W] out, for a batch of any size. What is translated is the TorchScript that
 * {@link TorchScriptExport} writes, after libtorch has folded BatchNorm into the convolutions and computed what is constant.
 */
public final class OnnxExport {
    /** The name of the output with the scores before softmax. */
    public static final String SCORES = "scores";

    /** The name of the output with the softmax of the scores, divided by the temperature. */
    public static final String PROBABILITIES = "probabilities";

    /** The name of the output with the response maps. */
    public static final String RESPONSE_MAPS = "response_maps";

    /**
     * The content of an ONNX file.
     *
     * @param description of the network, which stands in the file's metadata, too
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record OnnxFile(byte[] bytes, Map<String, Object> description) {}

    private static final String FORWARD = """
            def forward(self, images: Tensor) -> Tuple[Tensor, Tensor]:
                maps = self.network.response_maps(images)
                return (self.network.predictor.forward(maps), maps)
            """;

    /** What filters are made of, in the exported TorchScript; where they are not baked they are computed of it in the graph. */
    private static final List<String> FILTER_SOURCES =
            List.of("network.embedding.weight", "network.filter_bank.weight", "network.basis.weight");

    /** The entries of the description that stand by themselves in the file's metadata, too, for other programs. */
    private static final List<String> PLAIN =
            List.of("format", "classes", "input", "image_size", "mean", "std", "temperature");

    private static final String TEMPERATURE = "temperature";

    /** The entry with the threshold of the highest probability, which a network without calibration does not have. */
    private static final String THRESHOLD = "threshold";

    private static final long MOST_BYTES = Integer.MAX_VALUE - (1 << 20); // of a message of Protocol Buffers

    /** The tolerance of the folded network's scores, relative to the largest. */
    private static final double TOLERANCE = 1e-4;

    private final TrainedNetwork trained;
    private final ExportSettings settings;
    private final TorchScriptExport script;

    /** @param trained a network on the CPU, from a checkpoint or a state dict */
    public OnnxExport(TrainedNetwork trained, ExportSettings settings) {
        this.trained = trained;
        this.settings = settings;
        script = new TorchScriptExport(trained, ScriptInput.NORMALIZED, settings.bakedFilters());
    }

    /**
     * Writes the file as a whole or not at all.
     *
     * @return the network's description, as the file has it
     * @throws InputException where the network has an operator that cannot be translated
     * @throws dynafilter.io.OutputException where the file cannot be written
     */
    public Map<String, Object> write(Path file, ExportVersions versions) {
        OnnxFile made = file(versions);
        AtomicFile.write(file, out -> out.write(made.bytes));
        return made.description;
    }

    /**
     * The content of the file.
     *
     * @throws InputException where the network has an operator that cannot be translated
     */
    public OnnxFile file(ExportVersions versions) {
        Map<String, Object> description = description(versions);
        Map<String, String> metadata = new LinkedHashMap<>();
        for (String name : PLAIN) {
            Object value = Objects.requireNonNull(description.get(name), name);
            metadata.put(name, value instanceof String text ? text : JsonFile.line(value));
        }
        if (description.get(THRESHOLD) instanceof Double threshold) {
            metadata.put(THRESHOLD, JsonFile.line(threshold));
        }
        metadata.put(ScriptMetadata.FILE, JsonFile.line(description));
        OnnxGraph graph = graph();
        if (graph.weightBytes() > MOST_BYTES) {
            throw new InputException("an ONNX file holds 2 GB, and the network's weights have " + graph.weightBytes()
                    + " bytes; export TorchScript");
        }
        byte[] bytes = graph.toFile(
                "dynafilter",
                settings.opset(),
                "dynafilter",
                Objects.requireNonNullElse(versions.dynafilter(), ""),
                metadata);
        return new OnnxFile(bytes, description);
    }

    private Map<String, Object> description(ExportVersions versions) {
        Map<String, Object> description =
                JsonFile.values(ExportMetadata.of(ScriptMetadata.ONNX_FORMAT, trained, settings, versions));
        description.put("opset", settings.opset());
        description.put(TEMPERATURE, trained.calibration().temperature());
        if (trained.calibration().canReject()) {
            description.put(THRESHOLD, trained.calibration().threshold());
        }
        return description;
    }

    private OnnxGraph graph() {
        OnnxGraph graph = new OnnxGraph();
        Operators operators = new Operators(graph, settings.opset());
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                ScriptModule module = ScriptModule.create("Outputs")
                        .module("network", script.module(false))
                        .define(FORWARD);
                ScriptModule frozen = TorchScriptFile.frozen(module, kept(module))) {
            requireScores(frozen);
            List<Activation> results =
                    new Translation<>(operators, frozen.tensors()).run(frozen.parsed("forward"), images(graph));
            addOutputs(graph, results.get(0), results.get(1));
            return graph;
        } catch (Untranslatable missing) {
            throw missing.refusal("onnx", trained.network().shape().backbone().description());
        }
    }

    /** The tensors that nothing is to be computed of while the module is folded. */
    private List<String> kept(ScriptModule module) {
        return settings.bakedFilters()
                ? List.of()
                : FILTER_SOURCES.stream().filter(module.tensors()::containsKey).toList();
    }

    /** Adds the graph's input, and its normalisation where it takes pixels. */
    private Activation images(OnnxGraph graph) {
        int size = trained.imageSize();
        long[] shape = {OnnxGraph.BATCH, 3, size, size};
        if (settings.input() == ScriptInput.NORMALIZED) {
            graph.input("image", OnnxGraph.Type.FLOAT, shape);
            return Activation.of("image", shape);
        }
        graph.input("image", OnnxGraph.Type.UINT8, OnnxGraph.BATCH, size, size, 3);
        try (Normalization normalization = new Normalization(trained.statistics(), ComputeDevice.CPU)) {
            String pixels =
                    graph.node("Cast", List.of("image"), Map.of("to", OnnxGraph.Type.FLOAT.number())); // [N, S, S, 3]
            String scaled = graph.node("Mul", pixels, graph.constant(TensorBytes.floats(normalization.scale())));
            String normal = graph.node("Add", scaled, graph.constant(TensorBytes.floats(normalization.shift())));
            return Activation.of(
                    graph.node("Transpose", List.of(normal), Map.of("perm", new long[] {0, 3, 1, 2})), shape);
        }
    }

    private void addOutputs(OnnxGraph graph, Activation scores, Activation maps) {
        double temperature = trained.calibration().temperature();
        String calibrated =
                temperature == 1 ? scores.name() : graph.node("Div", scores.name(), graph.scalar(temperature));
        graph.output(scores.name(), SCORES, scores.shape());
        graph.output(graph.node("Softmax", List.of(calibrated), Map.of("axis", 1)), PROBABILITIES, scores.shape());
        graph.output(maps.name(), RESPONSE_MAPS, maps.shape());
    }

    /** Requires that the folded network gives the network's scores. */
    private void requireScores(ScriptModule frozen) {
        NetworkShape shape = trained.network().shape();
        try (PointerScope scope = new PointerScope();
                Normalization normalization = new Normalization(trained.statistics(), ComputeDevice.CPU)) {
            Tensor pixels = ScriptTrial.pixels(shape.imageSize(), ComputeDevice.CPU);
            Tensor expected = trained.classifier().scores(pixels); // [2, K]
            Tensor scores = frozen.call("forward", normalization.apply(pixels))
                    .toTuple()
                    .elements()
                    .get(0)
                    .toTensor();
            Deviation deviation = Deviation.of(expected, scores);
            if (!deviation.isWithin(TOLERANCE)) {
                throw new IllegalStateException("the folded network's scores differ from the checkpoint's by "
                        + deviation.difference() + "; nothing was written");
            }
        }
    }
}
