package dynafilter.data.folder;

import dynafilter.data.DataListener;
import dynafilter.data.folder.ClassFolders.LabelledFile;
import dynafilter.data.folder.ImageDecoder.Decoded;
import dynafilter.data.folder.ImageIndex.BadImage;
import dynafilter.data.folder.ImageIndex.Image;
import dynafilter.io.Checksum.Algorithm;
import dynafilter.io.FileErrors;
import dynafilter.io.InputException;
import dynafilter.io.OutputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The cache of the decoded images of one split: a file, so that each picture is decoded once. It is written anew when a picture
 * was added, changed or removed, and then only those are decoded. Removing it costs the time to decode.
 */
final class ImageCache {
    private static final int CHUNK = 512; // files decoded side by side, and written in their order
    private static final String UPRIGHT = "-upright";
    private static final String SUFFIX = ".cache";
    private static final String TEMPORARY = ".tmp";
    private static final Duration ABANDONED = Duration.ofHours(1); // since the last write

    private final ClassFolders folders;
    private final String name;
    private final CacheFolder place;
    private final PictureReading reading;
    private final int size;
    private final DataListener listener;

    /**
     * @param split the role of the folders, such as "train"
     * @param reading how the pictures are read: caches of the same pictures read otherwise are other files
     */
    ImageCache(ClassFolders folders, String split, CacheFolder place, PictureReading reading, DataListener listener) {
        this.folders = folders;
        this.place = place;
        this.reading = reading;
        this.listener = listener;
        size = reading.size();
        // Caches of pictures as they are stored have the name that all had before pictures were turned.
        name = split + "-" + size + "x" + size + (reading.exif() ? UPRIGHT : "") + SUFFIX;
    }

    /**
     * Opens the decoded images: from the cache where it is current, else it is written before.
     *
     * @return to be closed by the caller
     * @throws InputException where no folder for a cache can be written
     * @throws OutputException where its disk is full
     */
    CachedImages open() {
        Optional<CachedImages> found = current(place.places());
        if (found.isPresent()) {
            return found.get();
        }
        Path folder = place.writable(listener);
        try (CacheFolder.Lock lock = CacheFolder.lock(folder, listener)) {
            return current(List.of(folder)).orElseGet(() -> written(folder));
        } catch (IOException failure) {
            throw unwritable(folder, failure);
        }
    }

    private Optional<CachedImages> current(List<Path> places) {
        for (Path folder : places) {
            Optional<CachedImages> found = CachedImages.open(folder.resolve(name));
            if (found.isPresent()) {
                if (isCurrent(found.get())) {
                    return found;
                }
                found.get().close();
            }
        }
        return Optional.empty();
    }

    private boolean isCurrent(CachedImages images) {
        ImageIndex index = images.index();
        return index.imageSize() == size && index.isOf(folders) && index.hasPixelsOfThisJava();
    }

    private CachedImages written(Path folder) {
        Path file = folder.resolve(name);
        try {
            deleteAbandoned(folder);
            Path temporary = folder.resolve(name + "." + UUID.randomUUID() + TEMPORARY);
            Optional<CachedImages> found = CachedImages.open(file);
            try {
                CachedImages before = found.filter(images -> images.index().hasPixelsOfThisJava())
                        .orElse(null);
                write(temporary, before);
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                found.ifPresent(CachedImages::close);
                Files.deleteIfExists(temporary);
            }
        } catch (IOException failure) {
            throw unwritable(folder, failure);
        }
        return CachedImages.open(file)
                .orElseThrow(() -> new InputException(file + " was written and cannot be read back: check its disk"));
    }

    private OutputException unwritable(Path folder, IOException failure) {
        String hint = FileErrors.isNoSpace(failure)
                ? "free " + ((3L * size * size * folders.files().size()) >> 20) + " MiB"
                : "check its permissions and its disk";
        return new OutputException(
                "decoded images cannot be written to " + folder + " (" + FileErrors.reason(failure) + "): " + hint,
                failure);
    }

    /** @param before the cache so far, whose images are taken over where their files are unchanged; null: there is none */
    private void write(Path file, @Nullable CachedImages before) throws IOException {
        Map<String, Integer> known = before == null ? Map.of() : before.index().places();
        List<Image> images = new ArrayList<>();
        List<BadImage> bad = new ArrayList<>();
        boolean jpeg = false;
        MessageDigest sha256 = Algorithm.SHA256.digest();
        CRC32C crc32c = new CRC32C();
        DecodingProgress progress =
                new DecodingProgress(listener, folders.files().size());
        ImageDecoder decoder = new ImageDecoder(reading, progress::afterOne);
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (int from = 0; from < folders.files().size(); from += CHUNK) {
                progress.at(from);
                int to = Math.min(from + CHUNK, folders.files().size());
                for (Decoded decoded : decoded(decoder, from, to, before, known)) {
                    jpeg |= decoded.jpeg();
                    if (decoded instanceof Decoded.Good good) {
                        images.add(good.image());
                        sha256.update(good.pixels());
                        crc32c.update(good.pixels());
                        writeAll(out, ByteBuffer.wrap(good.pixels()));
                    } else if (decoded instanceof Decoded.Bad problem) {
                        bad.add(problem.file());
                    }
                }
            }
            progress.finish();
            ImageIndex index = new ImageIndex(
                    ImageIndex.FORMAT,
                    size,
                    jpeg ? DecoderFingerprint.ofThisJava() : null,
                    HexFormat.of().formatHex(sha256.digest()),
                    crc32c.getValue(),
                    folders.classes(),
                    FileTable.of(images),
                    bad);
            byte[] json = index.header().toJson();
            writeAll(out, ByteBuffer.wrap(index.files().bytes()));
            writeAll(out, ByteBuffer.wrap(json));
            writeAll(
                    out,
                    ByteBuffer.allocate(Long.BYTES + CachedImages.MAGIC.length())
                            .putLong(json.length)
                            .put(CachedImages.MAGIC.getBytes(StandardCharsets.US_ASCII))
                            .flip());
            out.force(true);
        }
    }

    /** Files from..to-1 in their order: unchanged ones from the cache so far, the others decoded. */
    private List<Decoded> decoded(
            ImageDecoder decoder, int from, int to, @Nullable CachedImages before, Map<String, Integer> known) {
        Decoded[] chunk = new Decoded[to - from];
        List<Integer> changed = new ArrayList<>();
        for (int i = from; i < to; i++) {
            LabelledFile file = folders.files().get(i);
            Integer at = known.get(file.name());
            Optional<Decoded> unchanged = before == null || at == null ? Optional.empty() : unchanged(file, before, at);
            if (unchanged.isPresent()) {
                chunk[i - from] = unchanged.get();
            } else {
                changed.add(i);
            }
        }
        List<Decoded> decoded =
                decoder.decode(changed.stream().map(folders.files()::get).toList());
        for (int i = 0; i < changed.size(); i++) {
            chunk[changed.get(i) - from] = decoded.get(i);
        }
        return List.of(chunk);
    }

    /** The image at a place of the cache so far, with the file's label; empty where the file was changed since. */
    private static Optional<Decoded> unchanged(LabelledFile file, CachedImages before, int at) {
        Image image = before.index().files().get(at);
        if (!image.stamp().equals(file.stamp())) {
            return Optional.empty();
        }
        Image relabelled =
                new Image(image.path(), file.label(), image.stamp(), image.sha256(), image.width(), image.height());
        return Optional.of(
                new Decoded.Good(relabelled, before.image(at), before.index().decoder() != null));
    }

    private static void writeAll(FileChannel out, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            out.write(bytes);
        }
    }

    /**
     * Deletes the files of processes that were killed while writing, but not those of one that may write now where there are
     * no locks.
     */
    private static void deleteAbandoned(Path folder) throws IOException {
        Instant limit = Instant.now().minus(ABANDONED);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*" + TEMPORARY)) {
            for (Path file : files) {
                if (Files.getLastModifiedTime(file).toInstant().isBefore(limit)) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }
}
