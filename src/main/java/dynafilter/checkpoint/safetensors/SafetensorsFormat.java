package dynafilter.checkpoint.safetensors;

import dynafilter.checkpoint.BackboneProgram;
import dynafilter.checkpoint.Checkpoint;
import dynafilter.checkpoint.ExportFormat;
import dynafilter.checkpoint.ExportMetadata;
import dynafilter.checkpoint.ExportSettings;
import dynafilter.checkpoint.ExportVersions;
import dynafilter.checkpoint.HubConfig;
import dynafilter.checkpoint.SafetensorsMetadata;
import dynafilter.checkpoint.ScriptInput;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import dynafilter.model.FilterDesign;
import dynafilter.torchfile.SafetensorsFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Safetensors as a format of {@code export}: the weights by their names in the state dict, the network's description in the file's
 * metadata, and a {@code config.json} beside it as timm reads it. The two are what a repository on the hub consists of, so that by
 * default they have a folder of their own: in a run's folder, config.json is the run's.
 */
public final class SafetensorsFormat implements ExportFormat {
    @Override
    public String name() {
        return "safetensors";
    }

    @Override
    public String door() {
        return "written and read; Python reads it by safetensors and timm";
    }

    @Override
    public Path defaultFile() {
        return Path.of("safetensors", "model.safetensors");
    }

    @Override
    public void check(ExportSettings settings, Path file) {
        if (settings.input() != ScriptInput.NORMALIZED) {
            throw new InputException("--input " + settings.input()
                    + ": safetensors hold weights, and no program that could normalise images; leave the option out");
        }
        if (!settings.bakedFilters()) {
            throw new InputException("--no-bake-filters: safetensors hold the weights as they were trained, of which a"
                    + " program generates the filters; leave the option out");
        }
        Path config = HubConfig.beside(file);
        if (Files.exists(config)
                && JsonFile.readWhole(config, Map.class)
                        .filter(HubConfig::isHub)
                        .isEmpty()) {
            throw new InputException(
                    config + " is not of an exported network, and is kept; --out in another folder leaves"
                            + " room for the one that belongs to safetensors");
        }
    }

    @Override
    public Exported write(TrainedNetwork trained, ExportSettings settings, Path file, ExportVersions versions) {
        ExportMetadata metadata = ExportMetadata.of(
                SafetensorsMetadata.FORMAT, trained, new ExportSettings(settings.input(), false), versions);
        Map<String, Object> description = new LinkedHashMap<>(JsonFile.values(metadata));
        FilterDesign design = trained.network().shape().design();
        description.put("filter_size", design.size());
        description.put("basis", design.basis());
        description.put("basis_image", design.basisImage().toString());
        HubModel hub = HubModel.of(trained);
        Optional<String> program = trained.network().shape().backbone().programSha256();
        program.ifPresent(sha256 -> {
            description.put(Checkpoint.BACKBONE_PROGRAM, sha256);
            BackboneProgram.copyBeside(trained.file(), file);
        });
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put("format", "pt"); // without which transformers refuses to read
        texts.put(SafetensorsMetadata.ENTRY, JsonFile.line(description));
        SafetensorsFile.write(file, trained.state(), texts);
        Path config = HubConfig.beside(file);
        JsonFile.write(config, hub);
        return new Exported(
                description,
                trained.state().size() + " tensors, with " + config.getFileName()
                        + (program.isPresent() ? " and the backbone's program" : "") + " beside it");
    }
}
