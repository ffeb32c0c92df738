package dynafilter.data.cifar;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** The unpacking of cifar-10-binary.tar.gz: the files that it is known to hold, and nothing else. */
final class CifarArchive {
    private static final String FOLDER = "cifar-10-batches-bin/";
    private static final long LARGEST = 64L << 20; // twice an official file
    private static final List<String> KNOWN = Stream.concat(
                    Cifar10.TRAIN_FILES.stream(), Stream.of(Cifar10.TEST_FILE, Cifar10.META, "readme.html"))
            .toList();

    private CifarArchive() {}

    /**
     * Writes the known files into a folder; unknown ones are passed over.
     *
     * @throws IOException if the archive is damaged, or not what it should be: links, paths out of the folder, a file
     *     twice or far too large
     */
    static void unpack(Path archive, Path folder) throws IOException {
        try (TarArchiveInputStream tar = new TarArchiveInputStream(
                new GZIPInputStream(new BufferedInputStream(Files.newInputStream(archive), 1 << 16), 1 << 16))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                String path = entry.getName();
                if (path.startsWith("/") || path.contains("..") || path.contains("\\") || path.contains(":")) {
                    throw new IOException("it holds the suspicious path " + path);
                }
                if (!entry.isDirectory() && !isPlainFile(entry)) {
                    throw new IOException("it holds " + path + ", which is a link or device");
                }
                String name = path.replaceFirst("^\\./", "");
                name = name.startsWith(FOLDER) ? name.substring(FOLDER.length()) : name;
                if (KNOWN.contains(name)) {
                    if (entry.getSize() > LARGEST) {
                        throw new IOException("it holds " + path + " of " + entry.getSize() + " bytes");
                    }
                    Files.copy(tar, folder.resolve(name));
                }
            }
        }
    }

    private static boolean isPlainFile(TarArchiveEntry entry) {
        return entry.isFile()
                && !entry.isLink()
                && !entry.isSymbolicLink()
                && !entry.isBlockDevice()
                && !entry.isCharacterDevice()
                && !entry.isFIFO();
    }
}
