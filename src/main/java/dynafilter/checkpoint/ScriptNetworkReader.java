package dynafilter.checkpoint;

import dynafilter.checkpoint.TrainedNetwork.Origin;
import dynafilter.data.ImageSize;
import dynafilter.data.device.ChannelStatistics;
import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import dynafilter.model.ScriptClassifier;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.NativeRuntime;
import dynafilter.runtime.OutOfMemory;
import dynafilter.runtime.ScriptModule;
import dynafilter.torchfile.TorchScriptArchive;
import dynafilter.torchfile.TorchScriptFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/** Reads trained networks from TorchScript files, which run as they are. */
final class ScriptNetworkReader {
    /** The entries on the training in the metadata of an exported file. */
    static final List<String> TRAINING = List.of(
            "best_accuracy",
            "epoch",
            "step",
            "recipe",
            TrainedNetwork.DATA_SHA256,
            Checkpoint.EXTENDED,
            CalibrationEntry.NAME);

    private ScriptNetworkReader() {}

    static TrainedNetwork read(Path file, ComputeDevice device) {
        try (NativeOwner building = new NativeOwner()) {
            ScriptModule module = building.keep(TorchScriptFile.load(file, device));
            Map<String, Object> metadata = TorchScriptArchive.extra(file, ScriptMetadata.FILE)
                    .map(text -> JsonFile.parse(text, ScriptMetadata.FILE + " in " + file, "export the file again"))
                    .orElse(Map.of());
            boolean own = ScriptMetadata.FORMAT.equals(metadata.get("format"));
            String input = String.valueOf(metadata.get("input"));
            boolean takesPixels = own && ScriptInput.of(input) == ScriptInput.UINT8;
            ChannelStatistics statistics = own ? StoredStatistics.of(metadata, file) : ChannelStatistics.CIFAR;
            int heads = metadata.get("filter_heads") instanceof Number number ? number.intValue() : 1;
            List<String> converted = TorchScriptFile.toFloat32(module);
            ScriptClassifier classifier =
                    building.keep(new ScriptClassifier(module, takesPixels, heads, statistics, device));
            int imageSize = own ? StoredImageSize.ofMetadata(metadata) : ImageSize.CIFAR;
            int count = countClasses(module, classifier, imageSize, file, device);
            List<String> names = own ? strings(metadata.get("classes")) : List.of();
            if (own && names.size() != count) {
                throw new InputException(
                        file + " names " + names.size() + " classes and scores " + count + "; export it again");
            }
            List<String> description = new ArrayList<>(
                    own
                            ? List.of(
                                    "TorchScript of dynafilter",
                                    metadata.get("filters") + " filters",
                                    "takes " + input + " images")
                            : List.of(
                                    "TorchScript of another program",
                                    count + " classes without names",
                                    "taken to want normalized images"));
            description.addAll(converted);
            Origin origin = new Origin(
                    file,
                    String.join(", ", description),
                    own ? names : WeightsReader.numbered(count),
                    own,
                    imageSize,
                    statistics,
                    training(metadata));
            return TrainedNetwork.of(origin, classifier, device, building.handOver());
        }
    }

    /** The entries on the training in the metadata of an exported file. */
    static Map<String, Object> training(Map<String, Object> metadata) {
        Map<String, Object> training = new LinkedHashMap<>(metadata);
        training.keySet().retainAll(TRAINING);
        return training;
    }

    /** A list's elements as text; none of anything else. */
    static List<String> strings(@Nullable Object value) {
        List<String> strings = new ArrayList<>();
        if (value instanceof List<?> list) {
            list.forEach(item -> strings.add(String.valueOf(item)));
        }
        return strings;
    }

    /** The number of classes, found by running the network; this also shows at once that it scores each image by itself. */
    private static int countClasses(
            ScriptModule module, ScriptClassifier classifier, int imageSize, Path file, ComputeDevice device) {
        String images = "images [2, 3, " + imageSize + ", " + imageSize + "]";
        try (PointerScope scope = new PointerScope();
                InferenceMode inference = new InferenceMode()) {
            ScriptTrial trial = new ScriptTrial(file, "scores", classifier::scores);
            Tensor pixels = ScriptTrial.pixels(imageSize, device);
            Tensor scores = trial.run(pixels);
            if (scores.dim() == 2 && scores.size(0) == 2 && scores.size(1) > 0 && scores.is_floating_point()) {
                trial.requireSteady(pixels, scores);
                trial.requireRight(module, classifier.input(pixels), scores);
                return Math.toIntExact(scores.size(1));
            }
            throw new InputException(file + " makes " + Arrays.toString(scores.shape()) + " of " + images
                    + ", and scores [2, classes] are needed; give a classifier");
        } catch (RuntimeException failure) {
            if (failure instanceof InputException || OutOfMemory.in(failure).isPresent()) {
                throw failure;
            }
            throw new InputException(
                    file + " does not run as a classifier on " + images + ": " + NativeRuntime.firstLine(failure)
                            + "; give a file that `dynafilter export` wrote",
                    failure);
        }
    }
}
