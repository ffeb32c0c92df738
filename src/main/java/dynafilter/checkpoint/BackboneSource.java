package dynafilter.checkpoint;

import dynafilter.data.Checksum;
import dynafilter.data.Downloader;
import dynafilter.data.ProgressListener;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.InputException;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;

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
     * The backbone that a name stands for.
     *
     * @param name {@code random}, {@code imagenet} or a file
     * @param cut the last layer to take from a file
     * @param device where the backbone will run
     * @return with no tensors for random; the caller closes it
     * @throws InputException where the file cannot be used or the weights cannot be had
     */
    public static PretrainedBackbone load(String name, String cut, ComputeDevice device, ProgressListener progress) {
        return switch (name) {
            case RANDOM -> PretrainedBackbone.ofResNet18Stem(Map.of());
            case IMAGENET -> BackboneFile.read(official(progress), cut, device);
            default -> BackboneFile.read(path(name), cut, device);
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
