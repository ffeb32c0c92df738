package dynafilter.data.source;

import dynafilter.data.DataListener;
import dynafilter.data.ImageSize;
import dynafilter.data.cifar.Cifar100;
import dynafilter.data.cifar.CifarCheck;
import dynafilter.data.folder.ClassFolders;
import dynafilter.data.folder.ClassFolders.LabelledFile;
import dynafilter.data.folder.DecodingProgress;
import dynafilter.data.folder.ImageDecoder;
import dynafilter.data.folder.ImageDecoder.Decoded;
import dynafilter.data.folder.ImageFolder;
import dynafilter.data.folder.PictureReading;
import dynafilter.io.InputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The finding of {@code data verify} in a folder of images, or of CIFAR-100.
 *
 * @param findings the findings as people read them, a line each
 * @param good true: all files can be used; false: some are bad
 */
public record FolderCheck(List<String> findings, boolean good) {
    private static final int CHUNK = 512;

    /** True: a folder holds images by class or CIFAR-100, which this class checks; false: it is taken for CIFAR-10. */
    public static boolean isFor(Path folder) {
        return DataSource.kind(folder) != DataSource.Kind.CIFAR10;
    }

    /**
     * Checks a folder. Every image is decoded, whatever the cache says.
     *
     * @throws InputException where the classes are not as they need to be
     */
    public static FolderCheck of(Path folder, DataListener listener) {
        return DataSource.kind(folder) == DataSource.Kind.CIFAR100 ? ofCifar100(folder) : ofImages(folder, listener);
    }

    private static FolderCheck ofCifar100(Path folder) {
        List<CifarCheck> checks = Cifar100.verify(folder);
        return new FolderCheck(
                checks.stream()
                        .map(check -> check.file() + ": " + check.detail())
                        .toList(),
                checks.stream().allMatch(check -> check.state() == CifarCheck.State.SAME_FORMAT));
    }

    private static FolderCheck ofImages(Path folder, DataListener listener) {
        ImageFolder images = ImageFolder.scan(folder);
        List<String> bad = new ArrayList<>();
        List<String> counts = new ArrayList<>();
        long all = images.splits().values().stream()
                .mapToLong(split -> split.files().size())
                .sum();
        DecodingProgress progress = new DecodingProgress(listener, all);
        ImageDecoder decoder = new ImageDecoder(new PictureReading(ImageSize.CIFAR, true), progress::afterOne);
        for (ClassFolders split : images.splits().values()) {
            int before = bad.size();
            for (int from = 0; from < split.files().size(); from += CHUNK) {
                List<LabelledFile> files = split.files()
                        .subList(from, Math.min(from + CHUNK, split.files().size()));
                bad.addAll(problems(decoder, split, files));
            }
            counts.add(String.format(
                    Locale.ROOT,
                    "%s: %,d images of %d classes, %,d of them bad",
                    split.root(),
                    split.files().size(),
                    split.classes().size(),
                    bad.size() - before));
        }
        progress.finish();
        List<String> findings = new ArrayList<>(images.warnings());
        findings.addAll(bad);
        findings.addAll(counts);
        return new FolderCheck(List.copyOf(findings), bad.isEmpty());
    }

    private static List<String> problems(ImageDecoder decoder, ClassFolders split, List<LabelledFile> files) {
        return decoder.decode(files).stream()
                .flatMap(decoded -> decoded instanceof Decoded.Bad bad ? Stream.of(bad.file()) : Stream.empty())
                .map(bad -> split.shown(bad.path()) + " " + bad.problem())
                .toList();
    }
}
