package dynafilter.data.folder;

import dynafilter.data.ClassNames;
import dynafilter.data.folder.ClassFolders.LabelledFile;
import dynafilter.data.folder.ImageIndex.Stamp;
import dynafilter.io.FileNames;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The files of one class's folder and of the folders in it, links followed.
 *
 * @param images the files that are images by their names, by folder and name
 * @param others the number of files that are no images by their names
 * @param heif the number of files that are HEIC or AVIF images by their names
 */
record ClassFiles(List<LabelledFile> images, long others, long heif) {
    private static final Set<String> IMAGES = Set.of("png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff");

    /** What phones write beside JPEG: passed over, and told. */
    private static final Set<String> HEIF = Set.of("heic", "heif", "hif", "avif");

    /** Formats that torchvision's ImageFolder reads and this program does not: reported as bad files, not passed over. */
    private static final Set<String> OTHER_IMAGES = Set.of("ppm", "pgm");

    /**
     * Finds the files of a class.
     *
     * @param root the folder that the names of the files begin below
     * @throws dynafilter.io.InputException where a folder cannot be read, or a link leads back
     */
    static ClassFiles of(Path root, Path folder, int label) {
        Walk walk = new Walk(root, folder, label);
        try {
            Files.walkFileTree(folder, EnumSet.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, walk);
        } catch (IOException failure) {
            throw ClassFolders.unreadable(folder, failure);
        }
        List<LabelledFile> images = new ArrayList<>();
        walk.folders.values().forEach(images::addAll);
        return new ClassFiles(images, walk.others, walk.heif);
    }

    /** True: the file is an image by its name, of a format that is read; false: it is none. */
    static boolean isImage(Path file) {
        return IMAGES.contains(extension(file.getFileName()));
    }

    private static String extension(Path fileName) {
        String name = fileName.toString();
        return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    }

    /** A walk through the folder. The size and time of a file come with its name, so that no file is asked for them again. */
    private static final class Walk extends SimpleFileVisitor<Path> {
        private final Path root;
        private final Path folder;
        private final int label;
        private final Map<String, List<LabelledFile>> folders = new TreeMap<>(ClassNames.ORDER); // by their paths' keys
        private final Deque<Folder> open = new ArrayDeque<>();
        private long others;
        private long heif;

        Walk(Path root, Path folder, int label) {
            this.root = root;
            this.folder = folder;
            this.label = label;
        }

        /**
         * A folder that is being walked through.
         *
         * @param prefix of its files' names
         */
        private record Folder(String key, String prefix, List<LabelledFile> images) {}

        @Override
        public FileVisitResult preVisitDirectory(Path entered, BasicFileAttributes attributes) {
            if (!entered.equals(folder) && ClassFolders.isHidden(entered.getFileName())) {
                return FileVisitResult.SKIP_SUBTREE;
            }
            String prefix = FileNames.key(root.relativize(entered))
                            .replace(entered.getFileSystem().getSeparator(), "/")
                    + "/";
            open.push(new Folder(FileNames.key(entered), prefix, new ArrayList<>()));
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            Path last = file.getFileName();
            if (ClassFolders.isHidden(last)) {
                return FileVisitResult.CONTINUE;
            }
            String extension = extension(last);
            if (IMAGES.contains(extension) || OTHER_IMAGES.contains(extension)) {
                Folder own = open.element();
                String name = own.prefix + FileNames.key(last);
                own.images.add(new LabelledFile(file, name, label, Stamp.of(attributes)));
            } else if (HEIF.contains(extension)) {
                heif++;
            } else {
                others++;
            }
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path left, @Nullable IOException failure) throws IOException {
            Folder own = open.pop();
            own.images.sort(Comparator.comparing(LabelledFile::name, ClassNames.ORDER)); // all have the same prefix
            folders.put(own.key, own.images);
            return super.postVisitDirectory(left, failure);
        }
    }
}
