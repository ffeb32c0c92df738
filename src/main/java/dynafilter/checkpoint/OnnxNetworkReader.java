package dynafilter.checkpoint;

import dynafilter.checkpoint.TrainedNetwork.Origin;
import dynafilter.data.device.ChannelStatistics;
import dynafilter.io.FileNames;
import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import dynafilter.model.Classifier;
import dynafilter.model.OnnxClassifier;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.OnnxRuntime;
import dynafilter.runtime.OnnxSession;
import dynafilter.runtime.OutOfMemory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Reads trained networks from ONNX files that this program wrote, which ONNX Runtime runs on the CPU. */
final class OnnxNetworkReader {
    private static final String SUFFIX = ".onnx"; // the format has no bytes to recognise it by

    private OnnxNetworkReader() {}

    static boolean isOnnx(Path file) {
        return FileNames.shown(file).toLowerCase(Locale.ROOT).endsWith(SUFFIX);
    }

    static TrainedNetwork read(Path file) {
        OnnxRuntime runtime = OnnxRuntime.find()
                .orElseThrow(() -> new InputException(
                        file + " is run by ONNX Runtime, which is not on this machine; " + OnnxRuntime.advice()));
        try (NativeOwner building = new NativeOwner()) {
            OnnxSession session = building.keep(runtime.open(file, torch.get_num_threads()));
            String text = session.metadata().get(ScriptMetadata.FILE);
            if (text == null) {
                throw new InputException(
                        file + " is ONNX of another program; give one that `dynafilter export --format onnx` wrote");
            }
            Map<String, Object> metadata = JsonFile.parse(
                    text.getBytes(StandardCharsets.UTF_8),
                    ScriptMetadata.FILE + " in " + file,
                    "export the file again");
            boolean takesPixels = ScriptInput.of(String.valueOf(metadata.get("input"))) == ScriptInput.UINT8;
            int heads = metadata.get("filter_heads") instanceof Number number ? number.intValue() : 1;
            ChannelStatistics statistics = StoredStatistics.of(metadata, file);
            Classifier classifier = building.keep(new OnnxClassifier(session, takesPixels, heads, statistics));
            List<String> classes = ScriptNetworkReader.strings(metadata.get("classes"));
            int imageSize = StoredImageSize.ofMetadata(metadata);
            requireScores(classifier, imageSize, classes.size(), file);
            String description = "ONNX of dynafilter, " + metadata.get("filters") + " filters, takes "
                    + metadata.get("input") + " images, run by ONNX Runtime " + OnnxRuntime.VERSION + " on the CPU";
            Map<String, Object> training = ScriptNetworkReader.training(metadata);
            Origin origin = new Origin(file, description, classes, true, imageSize, statistics, training);
            return TrainedNetwork.of(origin, classifier, ComputeDevice.CPU, building.handOver());
        }
    }

    /** Runs the network once, so that a file which does not score images is refused at once. */
    private static void requireScores(Classifier classifier, int imageSize, int classes, Path file) {
        try (PointerScope scope = new PointerScope()) {
            Tensor scores = classifier.scores(ScriptTrial.pixels(imageSize, ComputeDevice.CPU));
            if (!Arrays.equals(scores.shape(), new long[] {2, classes})) {
                throw new InputException(file + " makes " + Arrays.toString(scores.shape())
                        + " of two images and names " + classes + " classes; export it again");
            }
            ScriptTrial.requireFinite(scores, "scores", file);
        } catch (IllegalStateException failure) {
            if (OutOfMemory.in(failure).isPresent()) {
                throw failure;
            }
            throw new InputException(
                    file + " does not run as a classifier: " + failure.getMessage() + "; export it again", failure);
        }
    }
}
