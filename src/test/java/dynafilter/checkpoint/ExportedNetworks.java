package dynafilter.checkpoint;

import dynafilter.model.FilterDesign;
import dynafilter.model.FilterKind;
import dynafilter.model.NetworkShape;
import dynafilter.model.ResNetArchitecture;
import dynafilter.model.StateDict;
import dynafilter.runtime.ComputeDevice;
import dynafilter.torchfile.TorchFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Checkpoints of random networks for the tests of formats, none of whose tensors is trivial, and images for them. */
public final class ExportedNetworks {
    public static final ExportVersions VERSIONS = new ExportVersions("test", null, null);

    private ExportedNetworks() {}

    public static Path checkpoint(Path file, FilterKind kind, int classes, int imageSize, boolean adapter) {
        return checkpoint(file, FilterDesign.of(kind), classes, imageSize, adapter);
    }

    public static Path checkpoint(Path file, FilterDesign design, int classes, int imageSize, boolean adapter) {
        return checkpoint(
                file, NetworkShape.of(ResNetArchitecture.STEM, design, classes, adapter, imageSize), Map.of());
    }

    /** @param extra further entries of the file */
    public static Path checkpoint(Path file, NetworkShape shape, Map<String, Object> extra) {
        return checkpoint(file, shape, Map.of(), extra);
    }

    /** A checkpoint on a backbone of TorchScript, whose program lies beside it. */
    public static Path scripted(Path file, Path backbone, String cut, FilterDesign design, int classes, int imageSize) {
        try (PretrainedBackbone read = BackboneFile.read(backbone, cut, imageSize, ComputeDevice.CPU)) {
            NetworkShape shape = NetworkShape.of(read.architecture(), design, classes, false, imageSize);
            read.writeProgram(Objects.requireNonNull(file.getParent()));
            return checkpoint(
                    file,
                    shape,
                    read.state(),
                    Map.of(
                            Checkpoint.BACKBONE_PROGRAM,
                            read.architecture().programSha256().orElseThrow()));
        }
    }

    private static Path checkpoint(
            Path file, NetworkShape shape, Map<String, Tensor> known, Map<String, Object> extra) {
        FilterDesign design = shape.design();
        int classes = shape.classes();
        Map<String, Tensor> state = StateDict.random(shape, 1, known);
        torch.manual_seed(classes);
        state.forEach((name, tensor) -> {
            if (name.endsWith("running_mean") || name.endsWith(".bias")) {
                tensor.uniform_(-0.5, 0.5, null);
            } else if ((name.contains("bn") || name.contains("downsample.1") || name.contains("adapter"))
                    && tensor.dim() == 1) {
                tensor.uniform_(0.5, 1.5, null);
            }
        });
        Map<String, Object> optimizer = Map.of("state", Map.of(), "param_groups", List.of());
        Map<String, Object> recipe = Map.of(
                "filters",
                design.kind().toString(),
                "filter_heads",
                design.heads(),
                "filter_size",
                design.size(),
                "basis",
                design.basis(),
                "basis_image",
                design.basisImage().toString(),
                "epochs",
                4,
                "image_size",
                shape.imageSize());
        List<String> names = IntStream.range(0, classes)
                .mapToObj(label -> "the \"" + label + "th\" one, ü")
                .toList();
        new Checkpoint(state, optimizer, 4, 40, 0.5, recipe, names, Map.of(), extra, List.of()).write(file);
        state.values().forEach(Tensor::close);
        return file;
    }

    /** Images as in files: uint8 [count, 3, S, S]. */
    public static Tensor pixels(int count, int imageSize) {
        torch.manual_seed(3);
        return torch.randint(256, new long[] {count, 3, imageSize, imageSize}, new TensorOptions(ScalarType.Byte));
    }

    /** Writes pixels, and the scores that a network gives to them, for Python. */
    public static void answer(Path file, TrainedNetwork trained, Tensor pixels) {
        TorchFile.write(
                file, Map.of("pixels", pixels, "scores", trained.classifier().scores(pixels)));
    }
}
