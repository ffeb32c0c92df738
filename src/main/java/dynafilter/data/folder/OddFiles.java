package dynafilter.data.folder;

import dynafilter.data.DataOptions;
import dynafilter.data.folder.FileFinding.Kind;
import dynafilter.data.folder.ImageIndex.Image;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** The broken and odd files of a folder of images by class. */
public final class OddFiles {
    /** The quotient of the sides from which a picture counts as narrow. */
    private static final double NARROW = 4;

    private static final Map<String, PictureFormat> ENDINGS = Map.of(
            "png", PictureFormat.PNG,
            "jpg", PictureFormat.JPEG,
            "jpeg", PictureFormat.JPEG,
            "webp", PictureFormat.WEBP,
            "gif", PictureFormat.GIF,
            "bmp", PictureFormat.BMP,
            "tif", PictureFormat.TIFF,
            "tiff", PictureFormat.TIFF);

    private final int imageSize;
    private final Map<String, String> known =
            new HashMap<>(); // the path of the first file of each content, by its hash
    private final List<FileFinding> findings = new ArrayList<>();

    private OddFiles(int imageSize) {
        this.imageSize = imageSize;
    }

    /** The findings in a folder, the gravest kinds first. Every file is read; those that the cache does not know are decoded. */
    public static List<FileFinding> of(ImageFolder folder, DataOptions options) {
        OddFiles odd = new OddFiles(options.imageSize());
        folder.indices(options).forEach((role, index) -> {
            Path root = Objects.requireNonNull(folder.splits().get(role), role).root();
            index.bad().forEach(bad -> odd.add(ClassFolders.shown(root, bad.path()), Kind.BROKEN, bad.problem()));
            odd.addIndexed(root, index.files());
            odd.addRead(root, Objects.requireNonNull(folder.splits().get(role), role), index);
        });
        return odd.findings.stream()
                .sorted(Comparator.comparing(FileFinding::kind))
                .toList();
    }

    private void add(String file, Kind kind, String detail) {
        findings.add(new FileFinding(file, kind, detail));
    }

    /** What the index knows of the files that were decoded. */
    private void addIndexed(Path root, List<Image> files) {
        for (Image image : files) {
            String file = ClassFolders.shown(root, image.path());
            String before = known.putIfAbsent(image.sha256(), file);
            if (before != null) {
                add(file, Kind.SAME_BYTES, "has the same bytes as " + before);
            }
            int shorter = Math.min(image.width(), image.height());
            int longer = Math.max(image.width(), image.height());
            String size = "is " + image.width() + " by " + image.height() + " pixels";
            if (longer >= NARROW * shorter) {
                add(
                        file,
                        Kind.NARROW,
                        size + String.format(Locale.ROOT, ": %.0f %% of it is cut off", cutOff(shorter, longer)));
            }
            if (2 * shorter < imageSize) {
                add(file, Kind.TINY, size + ", where images are brought to " + imageSize);
            }
        }
    }

    private static double cutOff(int shorter, int longer) {
        return 100.0 * (longer - shorter) / longer;
    }

    /** What the bytes of the files say; those that cannot be read are known as broken already. */
    private void addRead(Path root, ClassFolders folders, ImageIndex index) {
        Map<String, Integer> places = index.places();
        folders.files().parallelStream()
                .filter(file -> places.containsKey(file.name()))
                .flatMap(file -> facts(file.path(), ClassFolders.shown(root, file.name())))
                .toList()
                .forEach(findings::add);
    }

    private static Stream<FileFinding> facts(Path path, String file) {
        try {
            PictureFacts facts = PictureFacts.of(ImageFile.content(path));
            List<FileFinding> found = new ArrayList<>();
            String name = file.substring(file.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
            if (ENDINGS.get(name) != facts.format()) {
                found.add(new FileFinding(file, Kind.OTHER_FORMAT, "is a " + facts.format() + " file by its content"));
            }
            if (facts.isAnimated()) {
                found.add(new FileFinding(file, Kind.ANIMATED, "has several pictures, of which the first is taken"));
            }
            if (facts.hasInks()) {
                found.add(new FileFinding(file, Kind.INKS, "has CMYK colours, which are turned into RGB"));
            }
            if (facts.orientation() != Orientation.UPRIGHT) {
                found.add(new FileFinding(
                        file,
                        Kind.TURNED,
                        "is stored otherwise than upright: Exif says it is "
                                + facts.orientation()
                                        .name()
                                        .toLowerCase(Locale.ROOT)
                                        .replace('_', ' ')));
            }
            return found.stream();
        } catch (IOException gone) { // changed since it was decoded
            return Stream.of(new FileFinding(file, Kind.BROKEN, ImageFile.problem(gone)));
        }
    }
}
