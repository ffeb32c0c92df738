package dynafilter.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import dynafilter.checkpoint.TrainedNetwork.Origin;
import dynafilter.data.ImageSize;
import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import dynafilter.model.BackboneArchitecture;
import dynafilter.model.FilterDesign;
import dynafilter.model.ResNetArchitecture;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import dynafilter.torchfile.SafetensorsFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * Reads trained networks from safetensors: what this program exported, by the description in the file; any other by its tensors and a
 * config.json beside it.
 */
final class SafetensorsNetworkReader {
    private SafetensorsNetworkReader() {}

    static TrainedNetwork read(Path file, ComputeDevice device) {
        try (SafetensorsFile.Contents contents = SafetensorsFile.read(file);
                NativeOwner building = new NativeOwner()) {
            SavedNetwork network = WeightsReader.network(contents.tensors(), file);
            String text = contents.metadata().get(SafetensorsMetadata.ENTRY);
            if (text == null) {
                return WeightsReader.ofStateDict(network, file, "safetensors", HubConfig.of(file), device, building);
            }
            Map<String, Object> description = JsonFile.parse(
                    text.getBytes(UTF_8), "\"" + SafetensorsMetadata.ENTRY + "\" in " + file, "export the file again");
            return ofOwn(description, network, file, device, building);
        }
    }

    private static TrainedNetwork ofOwn(
            Map<String, Object> description,
            SavedNetwork network,
            Path file,
            ComputeDevice device,
            NativeOwner building) {
        if (!SafetensorsMetadata.FORMAT.equals(description.get("format"))) {
            throw new InputException(file + " has the format " + description.get("format") + " and this version reads "
                    + SafetensorsMetadata.FORMAT + "; use the version of dynafilter that wrote it");
        }
        FilterDesign design;
        int imageSize = StoredImageSize.ofMetadata(description);
        try {
            design = StoredFilters.ofRecipe(description, file);
            ImageSize.require(imageSize);
        } catch (InputException wrong) {
            throw new InputException(
                    file + " describes another network than this version knows: " + wrong.getMessage(), wrong);
        }
        Map<String, Tensor> saved = network.tensors();
        BackboneArchitecture backbone = backbone(description, saved, file, device, building);
        List<String> words = new ArrayList<>(List.of("safetensors of dynafilter", design + " filters"));
        if (backbone != ResNetArchitecture.STEM) {
            words.add("on " + backbone.description());
        }
        words.addAll(network.notes());
        Map<String, Object> training = new LinkedHashMap<>(description);
        training.keySet().retainAll(ScriptNetworkReader.TRAINING);
        Origin origin = new Origin(
                file,
                String.join(", ", words),
                ScriptNetworkReader.strings(description.get("classes")),
                true,
                imageSize,
                StoredStatistics.of(description, file),
                training);
        return WeightsReader.of(origin, backbone, design, saved, device, building);
    }

    private static BackboneArchitecture backbone(
            Map<String, Object> description,
            Map<String, Tensor> saved,
            Path file,
            ComputeDevice device,
            NativeOwner building) {
        if (!(description.get(Checkpoint.BACKBONE_PROGRAM) instanceof String sha256)) {
            return ResNetArchitecture.ofState(saved);
        }
        long weights = saved.values().stream().mapToLong(Tensor::nbytes).sum();
        return building.keep(BackboneProgram.beside(file, sha256, weights, device))
                .architecture();
    }
}
