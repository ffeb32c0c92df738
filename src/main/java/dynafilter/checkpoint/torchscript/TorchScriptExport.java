package dynafilter.checkpoint.torchscript;

import dynafilter.checkpoint.ExportMetadata;
import dynafilter.checkpoint.ExportSettings;
import dynafilter.checkpoint.ExportVersions;
import dynafilter.checkpoint.ScriptInput;
import dynafilter.checkpoint.ScriptMetadata;
import dynafilter.checkpoint.ScriptTrial;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.device.Normalization;
import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import dynafilter.model.Adapter;
import dynafilter.model.NetworkShape;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.Deviation;
import dynafilter.runtime.ScriptModule;
import dynafilter.torchfile.TorchScriptFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/**
 * Exports a trained network as one TorchScript file for evaluation, with the methods {@code forward(images) -> [N, classes]},
 * {@code response_maps(images) -> [N, K * heads, H, W]} and {@code filters() -> [K * heads, C, k, k]}, or where each image has
 * filters of its own {@code filters_of(images) -> [N, K, C]}. Parameters have the names of the state
 * dict, with one exception: since {@code filters} is a method, filters without a generator are {@code filter_bank.weight}.
 */
public final class TorchScriptExport {
    private static final String PREDICTOR = """
            def forward(self, maps: Tensor) -> Tensor:
                inner = torch.relu(getattr(self, "0").forward(%s))
                return torch.flatten(getattr(self, "2").forward(inner), 1)
            """;

    private static final String NETWORK = """
            def features(self, images: Tensor) -> Tensor:
                return %s

            def response_maps(self, images: Tensor) -> Tensor:
                return self.apply_filters(self.features(images))

            def forward(self, images: Tensor) -> Tensor:
                return self.predictor.forward(self.response_maps(images))
            """;

    private static final String FILTERS_OF = """

            def filters_of(self, images: Tensor) -> Tensor:
                return self.image_filters(self.features(images))
            """;

    /** The tolerance, relative to the largest score: both networks run the same operators in the same precision. */
    private static final double TOLERANCE = 1e-4;

    private final TrainedNetwork trained;
    private final ScriptInput input;
    private final boolean baked;

    /**
     * An export of one network.
     *
     * @param trained a network on the CPU, from a checkpoint or a state dict
     * @param baked true: the file has the filters as they are now; false: it generates them at every call
     */
    public TorchScriptExport(TrainedNetwork trained, ScriptInput input, boolean baked) {
        this.trained = trained;
        this.input = input;
        this.baked = baked;
    }

    /**
     * Writes the file as a whole or not at all, after a run that has to give the network's scores.
     *
     * @param versions the versions for the archive's metadata
     * @return the archive's metadata
     * @throws dynafilter.io.OutputException where the file cannot be written
     */
    public ExportMetadata write(Path file, ExportVersions versions) {
        Map<String, String> extra = new LinkedHashMap<>();
        ExportMetadata metadata =
                ExportMetadata.of(ScriptMetadata.FORMAT, trained, new ExportSettings(input, baked), versions);
        extra.put(ScriptMetadata.FILE, JsonFile.text(metadata));
        extra.put("classes.txt", String.join("\n", trained.classes()) + "\n");
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard();
                ScriptModule module = module(true)) {
            TorchScriptFile.write(module, extra, file, this::requireScores);
        }
        return metadata;
    }

    /** Loads and runs the written file, as its users will, and requires that it gives the network's scores. */
    private void requireScores(Path written) {
        try (PointerScope scope = new PointerScope();
                TrainedNetwork exported = TrainedNetwork.read(written, ComputeDevice.CPU)) {
            Tensor pixels = ScriptTrial.pixels(trained.imageSize(), ComputeDevice.CPU);
            Tensor expected = trained.classifier().scores(pixels); // [2, K]
            Tensor scores = exported.classifier().scores(pixels);
            Deviation deviation = Deviation.of(expected, scores);
            if (!deviation.isWithin(TOLERANCE)) {
                throw new IllegalStateException("the exported network's scores differ from the checkpoint's by "
                        + deviation.difference() + "; nothing was written");
            }
        } catch (InputException wrong) {
            throw new IllegalStateException(
                    "what was to be written does not run; nothing was written: " + wrong.getMessage(), wrong);
        }
    }

    /**
     * The network with its methods, on the tensors of the trained network, which stays open as long; the caller closes it.
     *
     * @param runs true: it is to run, and convolves in numbers of filters that libtorch computes rightly on every processor; false: it
     *     is to be translated, and convolves with the filters as they are
     */
    public ScriptModule module(boolean runs) {
        NetworkShape shape = trained.network().shape();
        Map<String, Tensor> state = trained.state();
        FilterScript filters = new FilterScript(trained, baked, runs);
        ScriptModule module = ScriptModule.create("DynamicFilterNetwork")
                .module("backbone", shape.backbone().toTorchScript(state))
                .module("predictor", filters.pair("ScorePredictor", "predictor", PREDICTOR.formatted(rows(shape))));
        if (shape.adapter()) {
            module.module("adapter", Adapter.toTorchScript(state));
        }
        filters.addModules(module);
        String images = "images";
        if (input == ScriptInput.UINT8) {
            try (Normalization normalization = new Normalization(trained.statistics(), ComputeDevice.CPU)) {
                module.buffer("shift", normalization.shift()).buffer("scale", normalization.scale());
            }
            // 6 is float32: names of types are not known to the compiler here.
            images = "torch.addcmul(self.shift, torch.to(images, 6), self.scale)";
        }
        String features = "self.backbone.forward(" + images + ")";
        return module.define(filters.methods()
                + "\n"
                + NETWORK.formatted(shape.adapter() ? "self.adapter.forward(" + features + ")" : features)
                + (shape.design().isConstant() ? "" : FILTERS_OF));
    }

    /** The predictor's input rows: the response maps of a label. */
    private static String rows(NetworkShape shape) {
        int heads = shape.design().heads();
        return heads == 1
                ? "torch.flatten(maps, 2)"
                : "torch.reshape(maps, [-1, " + shape.maps() / heads + ", " + heads * shape.mapSize() + "])";
    }
}
