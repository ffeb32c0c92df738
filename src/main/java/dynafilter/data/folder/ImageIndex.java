package dynafilter.data.folder;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dynafilter.data.folder.ClassFolders.LabelledFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The index of a cache of decoded images: what it holds, and of which files.
 *
 * @param format the format of the cache, {@link #FORMAT}
 * @param imageSize height and width of every image in pixels
 * @param decoder the {@link DecoderFingerprint} of the library that decoded the JPEG files; null where there is no JPEG file
 * @param sha256 the SHA-256, in hex, of all pixels as they lie in the file
 * @param crc32c the CRC-32C of the same bytes, quick to check
 * @param classes the names of the classes, by label
 * @param files the decoded files, in the order of their pixels
 * @param bad the files that could not be decoded
 */
public record ImageIndex(
        String format,
        int imageSize,
        @Nullable String decoder,
        String sha256,
        long crc32c,
        List<String> classes,
        List<Image> files,
        List<BadImage> bad) {
    static final String FORMAT = "dynafilter-cache/2";

    /** The problem of all files but PNG and JPEG, as long as only these were read. */
    private static final String BEFORE_OTHER_FORMATS = "is neither PNG nor JPEG";

    /**
     * The size and time of a file: where both are as before, its content is taken to be the same.
     *
     * @param bytes the size of the file
     * @param modified the time of the last change, in milliseconds since 1970
     */
    public record Stamp(long bytes, long modified) {
        /** The stamp of a file that is not there, such as the target of a broken link. */
        static final Stamp NONE = new Stamp(-1, -1);

        /** The stamp of a file as it is now. */
        public static Stamp of(LabelledFile file) {
            try {
                BasicFileAttributes attributes = Files.readAttributes(file.path(), BasicFileAttributes.class);
                return new Stamp(
                        attributes.size(), attributes.lastModifiedTime().toMillis());
            } catch (IOException gone) {
                return NONE;
            }
        }
    }

    /**
     * A decoded file.
     *
     * @param path the path below the folder of the split
     * @param sha256 the SHA-256 of the file, in hex
     * @param width the width, in pixels, of the picture as it was read
     * @param height the height, in pixels, of the picture as it was read
     */
    public record Image(String path, int label, Stamp stamp, String sha256, int width, int height) {}

    /** A file that could not be decoded, and its problem in a few words, to be read behind its name. */
    public record BadImage(String path, int label, Stamp stamp, String problem) {}

    /** True: this Java's JPEG decoder would make the same pixels of the same files; false: it may make others. */
    boolean hasPixelsOfThisJava() {
        return decoder == null || decoder.equals(DecoderFingerprint.ofThisJava());
    }

    /** True: a decoder of the same kind would make this index of these files; false: files were added, changed or removed. */
    boolean isOf(ClassFolders folders, List<Stamp> stamps) {
        if (!classes.equals(folders.classes()) || files.size() + bad.size() != stamps.size()) {
            return false;
        }
        int good = 0;
        int wrong = 0;
        for (int i = 0; i < stamps.size(); i++) {
            LabelledFile file = folders.files().get(i);
            if (good < files.size() && files.get(good).equals(image(file, stamps.get(i), files.get(good)))) {
                good++;
            } else if (wrong < bad.size() && isStill(bad.get(wrong), file, stamps.get(i))) {
                wrong++;
            } else {
                return false;
            }
        }
        return true;
    }

    private static Image image(LabelledFile file, Stamp stamp, Image like) {
        return new Image(file.name(), file.label(), stamp, like.sha256, like.width, like.height);
    }

    /**
     * True: the file is still bad; false: it was changed, the file system refused it then and does not now, or its format was not
     * known then.
     */
    private static boolean isStill(BadImage bad, LabelledFile file, Stamp stamp) {
        boolean refused = bad.problem.startsWith(ImageFile.UNREADABLE);
        return bad.path.equals(file.name())
                && bad.label == file.label()
                && bad.stamp.equals(stamp)
                && !bad.problem.equals(BEFORE_OTHER_FORMATS)
                && !(refused && Files.isReadable(file.path()));
    }

    /** The place of each image by its path. */
    Map<String, Integer> places() {
        Map<String, Integer> places = new HashMap<>();
        for (int place = 0; place < files.size(); place++) {
            places.put(files.get(place).path(), place);
        }
        return places;
    }

    byte[] toJson() throws IOException {
        return new JsonMapper().writeValueAsBytes(this);
    }

    /** @throws IOException where these bytes are no index */
    static ImageIndex ofJson(byte[] json) throws IOException {
        return new JsonMapper().readValue(json, ImageIndex.class);
    }
}
