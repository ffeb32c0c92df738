package dynafilter.checkpoint;

import dynafilter.data.Checksum;
import dynafilter.data.Downloader;
import dynafilter.data.ProgressListener;
import dynafilter.runtime.InputException;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** What {@code --backbone} names. */
public final class BackboneSource {
    /** He initialisation. */
    public static final String RANDOM = "random";

    /** torchvision's official weights. */
    public static final String IMAGENET = "imagenet";

    private static final URI OFFICIAL = URI.create("https://download.pytorch.org/models/resnet18-f37072fd.pth");
    private static final String OFFICIAL_NAME = "resnet18-f37072fd.pth";

    private BackboneSource() {}

    /**
     * The pretrained tensors that a name stands for.
     *
     * @param name {@code random}, {@code imagenet} or a file
     * @param cut the last layer to take from a file
     * @return float32 tensors on the CPU by their name in the network's state dict, none for random; the caller owns them
     * @throws InputException where the file cannot be used or the weights cannot be had
     */
    public static Map<String, Tensor> load(String name, String cut, ProgressListener progress) {
        return switch (name) {
            case RANDOM -> Map.of();
            case IMAGENET -> BackboneFile.read(official(progress), cut);
            default -> BackboneFile.read(path(name), cut);
        };
    }

    private static Path path(String name) {
        try {
            return Path.of(name);
        } catch (InvalidPathException wrong) {
            throw new InputException("--backbone " + name + ": not a path; give a file, imagenet or random", wrong);
        }
    }

    private static Path official(ProgressListener progress) {
        Path file = RunDirectory.RUNS.resolve("backbones").resolve(OFFICIAL_NAME);
        try {
            new Downloader()
                    .download(OFFICIAL, file, Checksum.inName(OFFICIAL_NAME).orElseThrow(), progress);
        } catch (InputException failure) {
            throw new InputException(
                    failure.getMessage() + "; or train with --backbone FILE (scripts/export_resnet18.py writes"
                            + " one) or --backbone random",
                    failure);
        }
        return file;
    }
}
