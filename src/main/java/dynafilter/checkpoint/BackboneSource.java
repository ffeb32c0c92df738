package dynafilter.checkpoint;

import dynafilter.io.Checksum;
import dynafilter.io.Downloader;
import dynafilter.io.InputException;
import dynafilter.io.ProgressListener;
import dynafilter.io.SystemLocale;
import dynafilter.model.ResNetArchitecture;
import dynafilter.model.ResNetCut;
import dynafilter.model.ResNetLayout;
import dynafilter.runtime.ComputeDevice;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;

/** Finds the backbone that {@code --backbone} names. */
public final class BackboneSource {
    /** The name of a backbone with random weights (He initialisation). */
    public static final String RANDOM = "random";

    /** The name of torchvision's official weights of ImageNet. */
    public static final String IMAGENET = "imagenet";

    /** The folder that the official weights are downloaded to. */
    private static final Path FOLDER = Path.of("checkpoints", "backbones");

    private static final URI OFFICIAL = URI.create("https://download.pytorch.org/models/resnet18-f37072fd.pth");

    private final Downloader downloader;
    private final URI official;
    private final String officialName;
    private final Path folder;

    public BackboneSource() {
        this(new Downloader(), OFFICIAL, FOLDER);
    }

    /**
     * A source with another address and folder, for tests.
     *
     * @param official the address of the official weights; its file name has the first digits of their hash
     * @param folder the folder that they are downloaded to
     */
    BackboneSource(Downloader downloader, URI official, Path folder) {
        this.downloader = downloader;
        this.official = official;
        this.folder = folder;
        officialName = Path.of(official.getPath()).getFileName().toString();
    }

    /**
     * Reads the backbone that a name stands for, and downloads the official weights where they are missing.
     *
     * @param name {@code random}, {@code imagenet}, the official weights' file name, or a file
     * @param cut the last layer to take from a file
     * @param imageSize the height and width of the backbone's images
     * @param device the device on which the backbone will run
     * @return the backbone, without tensors for random; the caller closes it
     * @throws InputException where the file cannot be used, or the weights cannot be downloaded
     */
    public PretrainedBackbone load(
            String name, String cut, int imageSize, ComputeDevice device, ProgressListener progress) {
        if (name.equals(RANDOM)) {
            return PretrainedBackbone.of(random(cut));
        }
        if (name.equals(IMAGENET) || (name.equals(officialName) && !Files.exists(Path.of(name)))) {
            return BackboneFile.read(download(progress), cut, imageSize, device);
        }
        Path file = SystemLocale.path("--backbone", name, "give a file, imagenet or random");
        if (file.endsWith(officialName) && Files.isRegularFile(file)) {
            requireHash(file);
        }
        return BackboneFile.read(file, cut, imageSize, device);
    }

    private static ResNetArchitecture random(String cut) {
        return ResNetCut.of(cut)
                .flatMap(ResNetLayout.RESNET18::upTo)
                .map(ResNetArchitecture::of)
                .orElseThrow(() -> new InputException(
                        "--cut " + cut + ": --backbone random is ResNet-18, which is cut at " + ResNetCut.NAMES));
    }

    private Checksum expected() {
        return Checksum.inName(officialName).orElseThrow();
    }

    private void requireHash(Path file) {
        try {
            String hash = expected().hash(file);
            if (!expected().matches(hash)) {
                throw new InputException("--backbone " + file + " has sha256 " + hash.substring(0, 8)
                        + "..., and its name says " + expected().hex()
                        + ": it is damaged or changed; download it again, or give what you made of it another name");
            }
        } catch (IOException unreadable) {
            throw new InputException("--backbone " + file + " cannot be read; check its permissions", unreadable);
        }
    }

    private Path download(ProgressListener progress) {
        Path file = folder.resolve(officialName);
        try {
            downloader.download(official, file, expected(), progress);
        } catch (InputException failure) {
            throw new InputException(
                    failure.getMessage() + "; or train with --backbone FILE (scripts/export_resnet18.py writes"
                            + " one) or --backbone random",
                    failure);
        }
        return file;
    }
}
