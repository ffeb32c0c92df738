package dynafilter.data.folder;

import com.fasterxml.jackson.annotation.JsonInclude;
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
        FileTable files,
        List<BadImage> bad) {
    static final String FORMAT = "dynafilter-cache/3";

    /** The format before, whose decoded files stand in the JSON document. */
    private static final String EARLIER = "dynafilter-cache/2";

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

        /** The stamp of a file with these attributes, links followed. */
        static Stamp of(BasicFileAttributes attributes) {
            return attributes.isSymbolicLink() // it leads nowhere
                    ? NONE
                    : new Stamp(attributes.size(), attributes.lastModifiedTime().toMillis());
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
    boolean isOf(ClassFolders folders) {
        if (!classes.equals(folders.classes())
                || files.size() + bad.size() != folders.files().size()) {
            return false;
        }
        int good = 0;
        int wrong = 0;
        for (LabelledFile file : folders.files()) {
            if (good < files.size() && files.isOf(good, file)) {
                good++;
            } else if (wrong < bad.size() && isStill(bad.get(wrong), file)) {
                wrong++;
            } else {
                return false;
            }
        }
        return true;
    }

    /**
     * True: the file is still bad; false: it was changed, the file system refused it then and does not now, or its format was not
     * known then.
     */
    private static boolean isStill(BadImage bad, LabelledFile file) {
        boolean refused = bad.problem.startsWith(ImageFile.UNREADABLE);
        return bad.path.equals(file.name())
                && bad.label == file.label()
                && bad.stamp.equals(file.stamp())
                && !bad.problem.equals(BEFORE_OTHER_FORMATS)
                && !(refused && Files.isReadable(file.path()));
    }

    /** The place of each image by its path. */
    Map<String, Integer> places() {
        Map<String, Integer> places = new HashMap<>();
        for (int place = 0; place < files.size(); place++) {
            places.put(files.path(place), place);
        }
        return places;
    }

    /**
     * The JSON document at the end of a cache file: the index without the decoded files, whose table lies before it.
     *
     * @param files the decoded files, in a document of the format before; null: they lie in the table
     * @param fileCount the number of files in the table
     * @param tableBytes the size of the table
     * @param tableCrc32c the CRC-32C of the table
     */
    record Header(
            String format,
            int imageSize,
            @Nullable String decoder,
            String sha256,
            long crc32c,
            List<String> classes,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            List<Image> files,

            List<BadImage> bad,
            int fileCount,
            int tableBytes,
            long tableCrc32c) {
        /** @throws IOException where these bytes are no such document */
        static Header ofJson(byte[] json) throws IOException {
            Header header = new JsonMapper().readValue(json, Header.class);
            boolean known = header.files == null ? FORMAT.equals(header.format) : EARLIER.equals(header.format);
            if (!known || header.tableBytes < 0) {
                throw new IOException("no index of this format");
            }
            return header;
        }

        byte[] toJson() throws IOException {
            return new JsonMapper().writeValueAsBytes(this);
        }

        /** @throws IOException where these bytes are no table of the files */
        ImageIndex with(byte[] bytes) throws IOException {
            try {
                FileTable table = files == null ? FileTable.of(bytes, fileCount) : FileTable.of(files);
                if (files == null && table.crc32c() != tableCrc32c) {
                    throw new IOException("the table of files is damaged");
                }
                return new ImageIndex(FORMAT, imageSize, decoder, sha256, crc32c, classes, table, bad);
            } catch (IllegalArgumentException damaged) {
                throw new IOException("the table of files is damaged", damaged);
            }
        }
    }

    /** The document of this index. */
    Header header() {
        return new Header(
                format,
                imageSize,
                decoder,
                sha256,
                crc32c,
                classes,
                null,
                bad,
                files.size(),
                files.bytes().length,
                files.crc32c());
    }
}
