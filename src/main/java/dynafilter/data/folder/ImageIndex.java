package dynafilter.data.folder;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dynafilter.data.folder.ClassFolders.LabelledFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a cache of decoded images holds.
 *
 * @param format of the cache
 * @param imageSize height and width of every image
 * @param decoder what made pixels of JPEG files, as {@link DecoderFingerprint} tells; null where none of the files is one
 * @param sha256 of all pixels as they lie in the file
 * @param crc32c of the same bytes, quick to check
 * @param classes names, by label
 * @param files the images, in their order
 * @param bad files that are no images that can be read
 */
public record ImageIndex(
        String format,
        int imageSize,
        String decoder,
        String sha256,
        long crc32c,
        List<String> classes,
        List<Image> files,
        List<BadImage> bad) {
    static final String FORMAT = "dynafilter-cache/2";

    /** The size and time of a file: where both are as before, it is taken to be the same. */
    public record Stamp(long bytes, long modified) {
        /** Of a file that is not there, such as what a broken link names. */
        static final Stamp NONE = new Stamp(-1, -1);

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
     * @param path below the folder of the split
     * @param sha256 of the file
     * @param width of the picture in the file
     */
    public record Image(String path, int label, Stamp stamp, String sha256, int width, int height) {}

    /** A file that could not be decoded, and why, in a few words behind its name. */
    public record BadImage(String path, int label, Stamp stamp, String problem) {}

    /** Whether this Java's decoder would make the same pixels of the same files. */
    boolean hasPixelsOfThisJava() {
        return decoder == null || decoder.equals(DecoderFingerprint.ofThisJava());
    }

    /** Whether it is what decoding these files would give, by a decoder of the same kind. */
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

    /** What was wrong with its content still is; what the file system refused may be granted by now. */
    private static boolean isStill(BadImage bad, LabelledFile file, Stamp stamp) {
        boolean refused = bad.problem.startsWith(ImageFile.UNREADABLE);
        return bad.path.equals(file.name())
                && bad.label == file.label()
                && bad.stamp.equals(stamp)
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
