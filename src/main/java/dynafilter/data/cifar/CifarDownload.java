package dynafilter.data.cifar;

import dynafilter.data.cifar.CifarCheck.State;
import dynafilter.data.cifar.CifarFile.Kind;
import dynafilter.io.Checksum;
import dynafilter.io.Downloader;
import dynafilter.io.FileErrors;
import dynafilter.io.InputException;
import dynafilter.io.OutputException;
import dynafilter.io.ProgressListener;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Fetches the official CIFAR-10 and checks what is there against it. */
public final class CifarDownload {
    private static final URI SOURCE = URI.create("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz");
    private static final Checksum ARCHIVE_MD5 = Checksum.md5("c32a1d4ab5d03f1284b67883e8d87530");
    private static final Map<String, String> FILE_MD5 = Map.of(
            "data_batch_1.bin", "5dd7e06a14cb22eb9f671a540d1b7c25",
            "data_batch_2.bin", "5ea93a67294ea407fff1d09f752e9692",
            "data_batch_3.bin", "942cd6a4bcdd0dd3c604fbe906cb4421",
            "data_batch_4.bin", "ae636b3ba5c66a11e91e8cb52e771fcb",
            "data_batch_5.bin", "53f37980c15c3d472c316c40844f3f0d",
            "test_batch.bin", "803d5f7f4d78ea53de84dbe85f74fb6d");

    private final Downloader downloader;
    private final URI source;
    private final Checksum archiveMd5;
    private final Map<String, String> fileMd5;

    public CifarDownload() {
        this(new Downloader(), SOURCE, ARCHIVE_MD5, FILE_MD5);
    }

    /** @param fileMd5 the hashes of the official files, by name */
    CifarDownload(Downloader downloader, URI source, Checksum archiveMd5, Map<String, String> fileMd5) {
        this.downloader = downloader;
        this.source = source;
        this.archiveMd5 = archiveMd5;
        this.fileMd5 = new TreeMap<>(fileMd5);
    }

    /**
     * Makes a folder the official CIFAR-10, binary version. The archive is kept beside the folder while it is needed (one
     * put there by hand is used, and left); the folder appears whole or not at all. Missing and damaged files of an
     * existing folder are replaced.
     *
     * @param progress hears of the archive's bytes
     * @return whether anything had to be done
     * @throws InputException if it cannot be fetched or stored, or the folder holds other data in these files
     */
    public boolean download(Path folder, ProgressListener progress) {
        Path dir = folder.normalize().getFileName().toString().isEmpty() ? folder.toAbsolutePath() : folder;
        dir = dir.normalize();
        if (Files.exists(dir) && !Files.isDirectory(dir)) {
            throw new InputException(dir + " is a file: give the name of a folder");
        }
        List<CifarCheck> before = verify(dir);
        if (before.stream().allMatch(check -> check.state() == State.OFFICIAL)) {
            return false;
        }
        refuseOther(dir, before);
        Path archive = dir.resolveSibling("cifar-10-binary.tar.gz");
        boolean fetched = downloader.download(source, archive, archiveMd5, progress);
        try {
            unpack(archive, dir, before);
            if (fetched) {
                Files.deleteIfExists(archive);
            }
            return true;
        } catch (IOException e) {
            if (FileErrors.isNoSpace(e)) {
                throw new OutputException(
                        "no space left to unpack " + archive + " beside it: free some and run the same command again",
                        e);
            }
            throw new InputException(
                    "cannot unpack " + archive + " to " + dir + " (" + FileErrors.reason(e)
                            + "): check both, then run the same command again",
                    e);
        }
    }

    /** Compares the six official files with what a folder holds; a folder that is not there holds none. */
    public List<CifarCheck> verify(Path folder) {
        return fileMd5.entrySet().stream()
                .map(file -> CifarCheck.of(folder.resolve(file.getKey()), Kind.CIFAR10, file.getValue()))
                .toList();
    }

    private static void refuseOther(Path dir, List<CifarCheck> checks) {
        String other = checks.stream()
                .filter(check -> check.state() == State.SAME_FORMAT)
                .map(CifarCheck::file)
                .collect(Collectors.joining(", "));
        if (!other.isEmpty()) {
            throw new InputException(dir + " holds other data than CIFAR-10's in " + other
                    + ": move it away, or choose another folder with --data DIR");
        }
    }

    private void unpack(Path archive, Path dir, List<CifarCheck> before) throws IOException {
        Path whole = dir.resolveSibling("." + dir.getFileName() + ".unpacking");
        removeTree(whole);
        try {
            Files.createDirectories(whole);
            CifarArchive.unpack(archive, whole);
            for (CifarCheck check : verify(whole)) {
                if (check.state() != State.OFFICIAL) {
                    throw new IOException(check.file() + " in it: " + check.detail());
                }
            }
            if (isEmptyOrMissing(dir)) {
                Files.deleteIfExists(dir);
                Files.move(whole, dir, StandardCopyOption.ATOMIC_MOVE);
            } else {
                replace(whole, dir, before);
            }
        } finally {
            removeTree(whole);
        }
    }

    /** Moves what is not official already; a link to a folder elsewhere stays a link. */
    private static void replace(Path whole, Path dir, List<CifarCheck> before) throws IOException {
        List<String> good = before.stream()
                .filter(check -> check.state() == State.OFFICIAL)
                .map(CifarCheck::file)
                .toList();
        try (Stream<Path> files = Files.list(whole)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                String name = file.getFileName().toString();
                if (!good.contains(name)) {
                    Files.move(file, dir.resolve(name), StandardCopyOption.REPLACE_EXISTING);
                }
            }
        }
    }

    private static boolean isEmptyOrMissing(Path dir) throws IOException {
        if (!Files.exists(dir)) {
            return true;
        }
        if (Files.isSymbolicLink(dir)) {
            return false;
        }
        try (Stream<Path> entries = Files.list(dir)) {
            return entries.findAny().isEmpty();
        }
    }

    private static void removeTree(Path root) throws IOException {
        if (!Files.exists(root)) {
            return;
        }
        try (Stream<Path> tree = Files.walk(root)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
