package dynafilter.data.folder;

import dynafilter.data.DataListener;
import dynafilter.data.folder.ClassFolders.LabelledFile;
import dynafilter.data.folder.ImageDecoder.Decoded;
import dynafilter.data.folder.ImageIndex.BadImage;
import dynafilter.data.folder.ImageIndex.Image;
import dynafilter.data.folder.ImageIndex.Stamp;
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

/**
 * The decoded images of one split, kept in a file so that each picture is decoded once: written when a file was added, changed
 * or removed, and then only those are decoded. Removing it costs the time to decode.
 */
final class ImageCache {
    private static final int CHUNK = 512; // files decoded side by side, and written in their order
    private static final String SUFFIX = ".cache";
    private static final String TEMPORARY = ".tmp";
    private static final Duration ABANDONED = Duration.ofHours(1); // since the last write

    private final ClassFolders folders;
    private final String name;
    private final CacheFolder place;
    private final int size;
    private final DataListener listener;

    /**
     * @param split what the folders are, such as "train"
     * @param size height and width of the decoded images
     */
    ImageCache(ClassFolders folders, String split, CacheFolder place, int size, DataListener listener) {
        this.folders = folders;
        this.place = place;
        this.size = size;
        this.listener = listener;
        name = split + "-" + size + "x" + size + SUFFIX;
    }

    /**
     * The decoded images, from the cache where it is of these files as they are now.
     *
     * @return to be closed by the caller
     * @throws InputException where no folder for a cache can be written
     * @throws OutputException where its disk is full
     */
    CachedImages open() {
        List<Stamp> stamps = folders.files().parallelStream().map(Stamp::of).toList();
        Optional<CachedImages> found = current(place.places(), stamps);
        if (found.isPresent()) {
            return found.get();
        }
        Path folder = place.writable(listener);
        try (CacheFolder.Lock lock = CacheFolder.lock(folder, listener)) {
            return current(List.of(folder), stamps).orElseGet(() -> written(folder, stamps));
        } catch (IOException failure) {
            throw unwritable(folder, failure);
        }
    }

    private Optional<CachedImages> current(List<Path> places, List<Stamp> stamps) {
        for (Path folder : places) {
            Optional<CachedImages> found = CachedImages.open(folder.resolve(name));
            if (found.isPresent()) {
                if (isCurrent(found.get(), stamps)) {
                    return found;
                }
                found.get().close();
            }
        }
        return Optional.empty();
    }

    private boolean isCurrent(CachedImages images, List<Stamp> stamps) {
        ImageIndex index = images.index();
        return index.imageSize() == size && index.isOf(folders, stamps) && index.hasPixelsOfThisJava();
    }

    private CachedImages written(Path folder, List<Stamp> stamps) {
        Path file = folder.resolve(name);
        try {
            deleteAbandoned(folder);
            Path temporary = folder.resolve(name + "." + UUID.randomUUID() + TEMPORARY);
            Optional<CachedImages> found = CachedImages.open(file);
            try {
                Optional<CachedImages> before =
                        found.filter(images -> images.index().hasPixelsOfThisJava());
                ImageDecoder.withOneThreadEach(() -> write(temporary, stamps, before));
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

    private void write(Path file, List<Stamp> stamps, Optional<CachedImages> before) throws IOException {
        Map<String, Integer> known =
                before.map(images -> images.index().places()).orElse(Map.of());
        List<Image> images = new ArrayList<>();
        List<BadImage> bad = new ArrayList<>();
        boolean jpeg = false;
        MessageDigest sha256 = Algorithm.SHA256.digest();
        CRC32C crc32c = new CRC32C();
        ImageDecoder decoder = new ImageDecoder(size);
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (int from = 0; from < stamps.size(); from += CHUNK) {
                if (from > 0) {
                    listener.decoding(from, stamps.size());
                }
                int to = Math.min(from + CHUNK, stamps.size());
                for (Decoded decoded : decoded(decoder, from, to, stamps, before, known)) {
                    jpeg |= decoded.jpeg();
                    if (decoded.bad() != null) {
                        bad.add(decoded.bad());
                        continue;
                    }
                    images.add(decoded.image());
                    sha256.update(decoded.pixels());
                    crc32c.update(decoded.pixels());
                    writeAll(out, ByteBuffer.wrap(decoded.pixels()));
                }
            }
            listener.decoding(stamps.size(), stamps.size());
            byte[] json = new ImageIndex(
                            ImageIndex.FORMAT,
                            size,
                            jpeg ? DecoderPrint.ofThisJava() : null,
                            HexFormat.of().formatHex(sha256.digest()),
                            crc32c.getValue(),
                            folders.classes(),
                            images,
                            bad)
                    .toJson();
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

    /** Files from..to-1 in their order: those that are as before from the cache of before, the others decoded. */
    private List<Decoded> decoded(
            ImageDecoder decoder,
            int from,
            int to,
            List<Stamp> stamps,
            Optional<CachedImages> before,
            Map<String, Integer> known) {
        Decoded[] chunk = new Decoded[to - from];
        List<Integer> changed = new ArrayList<>();
        for (int i = from; i < to; i++) {
            LabelledFile file = folders.files().get(i);
            Integer at = known.get(file.name());
            Image image =
                    at == null ? null : before.orElseThrow().index().files().get(at);
            if (image != null && image.stamp().equals(stamps.get(i))) {
                Image relabelled = new Image(
                        image.path(), file.label(), image.stamp(), image.sha256(), image.width(), image.height());
                CachedImages cached = before.orElseThrow();
                chunk[i - from] = new Decoded(
                        relabelled, cached.image(at), null, cached.index().decoder() != null);
            } else {
                changed.add(i);
            }
        }
        List<Decoded> decoded = decoder.decode(
                changed.stream().map(folders.files()::get).toList(),
                changed.stream().map(stamps::get).toList());
        for (int i = 0; i < changed.size(); i++) {
            chunk[changed.get(i) - from] = decoded.get(i);
        }
        return List.of(chunk);
    }

    private static void writeAll(FileChannel out, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            out.write(bytes);
        }
    }

    /** Files of processes that were killed while writing; not of one that writes where there are no locks. */
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
