package dynafilter.data.folder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.Pictures;
import dynafilter.Python;
import dynafilter.data.DataListener;
import dynafilter.data.DataOptions;
import dynafilter.data.DataSet;
import dynafilter.data.ImageSet;
import dynafilter.data.PixelPlanes;
import dynafilter.data.SquareImage;
import dynafilter.data.cifar.CifarFiles;
import dynafilter.data.source.DataSource;
import dynafilter.io.InputException;
import dynafilter.runtime.TensorBytes;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(NativeScope.class)
class ImageFolderTest {
    /** torchvision's ImageFolder, of which only the walk is written out. */
    private static final String IMAGE_FOLDER = """
            import os, sys
            root = sys.argv[1]
            for name in sorted(entry.name for entry in os.scandir(root) if entry.is_dir()):
                for folder, _, files in sorted(os.walk(os.path.join(root, name), followlinks=True)):
                    for file in sorted(files):
                        if file.lower().endswith((".png", ".jpg", ".jpeg")):
                            print(os.path.relpath(os.path.join(folder, file), root))
            """;

    @TempDir
    private Path folder;

    private static DataSet open(Path folder, double valSplit) {
        return DataSource.open(folder.toString(), new DataOptions(16, true, false, valSplit, DataListener.NONE));
    }

    private String refusal(double valSplit) {
        return assertThrows(InputException.class, () -> open(folder, valSplit).close())
                .getMessage()
                .replace(folder.toString(), "TEMP");
    }

    @Test
    void findsClassesAndFilesInTheOrderOfImageFolder() throws IOException {
        for (String name :
                List.of("ant/1.png", "Zebra/2.PNG", "ant/10.jpeg", "ant/2.JPG", "a b/x.png", "ant/in/0.png")) {
            Files.createDirectories(folder.resolve(name).getParent());
            Files.createFile(folder.resolve(name));
        }
        Files.createFile(folder.resolve("ant/notes.txt"));
        Files.createSymbolicLink(folder.resolve("linked"), folder.resolve("ant"));
        ClassFolders found = ClassFolders.scan(folder);
        assertEquals(List.of("Zebra", "a b", "ant", "linked"), found.classes());
        assertEquals(
                List.of("Zebra/2.PNG", "a b/x.png", "ant/1.png", "ant/10.jpeg", "ant/2.JPG", "ant/in/0.png"),
                found.files().stream()
                        .map(ClassFolders.LabelledFile::name)
                        .limit(6)
                        .toList());
        assertEquals(2, found.others());
        assertEquals(
                Python.withModules("os").run(IMAGE_FOLDER, folder).lines().toList(),
                found.files().stream().map(ClassFolders.LabelledFile::name).toList());
    }

    @Test
    void hiddenFilesAndFoldersAreLeftOut() throws IOException {
        Pictures.classes(folder, 2, "cat", "dog");
        Files.createFile(folder.resolve("cat/._0.png"));
        Files.createDirectories(folder.resolve(".git"));
        Files.createDirectories(folder.resolve("dog/.thumbnails"));
        Files.createFile(folder.resolve("dog/.thumbnails/0.png"));
        ClassFolders found = ClassFolders.scan(folder);
        assertEquals(List.of("cat", "dog"), found.classes());
        assertEquals(4, found.files().size());
        assertEquals(0, found.others());
    }

    @Test
    void everyImageIsWhatPredictionWouldMakeOfIt() throws IOException {
        Pictures.split(folder, 2, 1, "cat", "dog");
        Path grey = folder.resolve("train/cat/grey.png");
        Pictures.picture(grey, BufferedImage.TYPE_BYTE_GRAY, 31, 17, 1);
        Path clear = folder.resolve("train/cat/clear.png");
        Pictures.picture(clear, BufferedImage.TYPE_INT_ARGB, 9, 12, 2);
        Path jpeg = folder.resolve("train/dog/photo.jpg");
        Pictures.picture(jpeg, BufferedImage.TYPE_INT_RGB, 40, 33, 3);
        Files.move(jpeg, folder.resolve("train/dog/photo.png")); // what is in it counts, as for Pillow
        try (DataSet set = open(folder, 0)) {
            assertEquals(folder.getFileName().toString(), set.name());
            assertEquals(List.of("cat", "dog"), set.classes());
            assertNull(set.validation());
            assertArrayEquals(new long[] {0, 0, 0, 0, 1, 1, 1}, set.train().labelArray());
            assertArrayEquals(new long[] {0, 1}, set.test().labelArray());
            List<String> files = List.of("cat/0.png", "cat/1.png", "cat/clear.png", "cat/grey.png", "dog/0.png");
            for (int i = 0; i < files.size(); i++) {
                byte[] content = ImageFile.content(folder.resolve("train").resolve(files.get(i)));
                byte[] expected = SquareImage.of(ImageFile.read(content, false), 16);
                assertArrayEquals(
                        expected, TensorBytes.bytes(set.train().images().get(i).contiguous()), files.get(i));
            }
        }
    }

    @Test
    void whatPhonesWriteBesideJpegIsPassedOverAndTold() throws IOException {
        Pictures.split(folder, 2, 1, "cat", "dog");
        Files.createFile(folder.resolve("train/cat/IMG_1.HEIC"));
        Files.createFile(folder.resolve("train/dog/2.avif"));
        List<String> warnings = new ArrayList<>();
        DataListener listener = new DataListener() {
            @Override
            public void decoding(long done, long total) {}

            @Override
            public void message(String text) {}

            @Override
            public void warning(String text) {
                warnings.add(text);
            }
        };
        try (DataSet set = DataSource.open(folder.toString(), new DataOptions(16, true, false, 0.0, listener))) {
            assertEquals(4, set.train().size());
        }
        assertEquals(
                List.of(folder.resolve("train")
                        + ": 2 HEIC or AVIF files are left out, which are not read: save them as JPEG (heif-convert)"),
                warnings);
        Path alone = folder.resolve("alone");
        Files.createDirectories(alone.resolve("a"));
        Files.createFile(alone.resolve("a/1.heic"));
        InputException refused = assertThrows(InputException.class, () -> ImageFolder.scan(alone));
        assertTrue(refused.getMessage().contains("save HEIC and AVIF files as JPEG"), refused.getMessage());
    }

    @Test
    void theHashIsThatOfTheDecodedImages() throws IOException {
        Pictures.split(folder, 2, 1, "cat", "dog");
        try (DataSet set = open(folder, 0)) {
            assertEquals(DataSet.of("same", set.train(), set.test()).sha256(), set.sha256());
        }
    }

    @Test
    void aFolderOfValidationImagesChoosesTheEpoch() throws IOException {
        Pictures.split(folder, 2, 1, "cat", "dog");
        Pictures.classes(folder.resolve("Valid"), 1, "dog");
        try (DataSet set = open(folder, 0)) {
            assertArrayEquals(new long[] {1}, set.validation().labelArray());
            assertEquals(2, set.test().size());
        }
        assertEquals(
                "--val-split 0.5: TEMP/Valid holds the images that choose the best epoch; leave the option out, or move the"
                        + " folder away",
                refusal(0.5));
        Files.move(folder.resolve("test"), folder.resolve(".test"));
        try (DataSet set = open(folder, 0)) {
            assertNull(set.test());
            assertEquals(1, set.validation().size());
        }
        Pictures.classes(folder.resolve("val"), 1, "dog");
        assertEquals(
                "TEMP/Valid and TEMP/val both stand for the validation images: put them together, or rename one",
                refusal(0));
    }

    @Test
    void oneLevelOfClassesIsSplitLater() throws IOException {
        Pictures.classes(folder, 2, "cat", "train"); // the class of trains
        assertEquals(
                "TEMP has classes but no train/ and test/ to tell images to train on from images held out: hold some out with"
                        + " --val-split 0.2, or move them to train/CLASS and test/CLASS",
                refusal(0));
        try (DataSet set = open(folder, 0.5)) {
            assertEquals(List.of("cat", "train"), set.classes());
            assertEquals(4, set.train().size());
            assertNull(set.test());
        }
    }

    @Test
    void theFirstImagesAreThoseOfEachClassInTurn() throws IOException {
        Pictures.classes(folder, 3, "a", "b", "c");
        try (DataSet set = open(folder, 0.5);
                ImageSet four = set.train().limit(4)) {
            assertArrayEquals(new long[] {0, 0, 1, 2}, four.labelArray());
        }
    }

    @Test
    void filesThatAreNoImagesAreAllCountedAndSkippedOnRequest() throws IOException {
        Pictures.split(folder, 3, 1, "cat", "dog");
        Files.createFile(folder.resolve("train/cat/empty.png"));
        Files.writeString(folder.resolve("train/dog/text.jpg"), "no image");
        Files.writeString(folder.resolve("train/dog/new.webp"), "RIFF");
        byte[] whole = Files.readAllBytes(folder.resolve("train/cat/0.png"));
        Files.write(folder.resolve("test/dog/half.png"), java.util.Arrays.copyOf(whole, whole.length / 2));
        Files.createSymbolicLink(folder.resolve("test/dog/gone.png"), folder.resolve("nowhere.png"));
        String message = refusal(0);
        assertTrue(
                message.startsWith("5 of 13 image files in TEMP cannot be used: TEMP/train/cat/empty.png is empty;"
                        + " TEMP/train/dog/new.webp is neither PNG, JPEG, WebP, GIF, BMP nor TIFF; TEMP/train/dog/text.jpg is neither PNG, JPEG, WebP, GIF, BMP nor TIFF;"
                        + " and 2 more (`dynafilter data verify TEMP` names all); mend or remove them, or go on without them"
                        + " with --skip-bad"),
                message);
        DataOptions skipping = new DataOptions(16, true, true, 0.0, DataListener.NONE);
        try (DataSet set = DataSource.open(folder.toString(), skipping)) {
            assertEquals(6, set.train().size());
            assertEquals(2, set.test().size());
        }
        for (int i = 0; i < 3; i++) {
            Files.write(folder.resolve("train/cat/" + i + ".png"), new byte[] {1, 2, 3});
        }
        assertEquals(
                "none of the images of class cat in " + folder + " can be used; mend them, or remove the class",
                assertThrows(InputException.class, () -> DataSource.open(folder.toString(), skipping))
                        .getMessage());
    }

    @Test
    void aHugePictureIsNamedNotDecoded() throws IOException {
        Pictures.split(folder, 2, 1, "cat", "dog");
        byte[] png = Files.readAllBytes(folder.resolve("train/cat/0.png"));
        png[16] = 1; // the width, of which only the header is read
        png[20] = 1;
        java.util.zip.CRC32 crc = new java.util.zip.CRC32();
        crc.update(png, 12, 17);
        java.nio.ByteBuffer.wrap(png).putInt(29, (int) crc.getValue());
        Files.write(folder.resolve("train/cat/0.png"), png);
        String message = refusal(0);
        assertTrue(message.contains("TEMP/train/cat/0.png is no PNG image that can be read: "), message);
        assertTrue(message.contains("pixels are too many"), message);
    }

    @Test
    void cifarWinsOverFolders() throws IOException {
        Pictures.classes(folder, 1, "cat", "dog");
        CifarFiles.folder(folder);
        try (DataSet set = DataSource.open(folder.toString())) {
            assertEquals("CIFAR-10", set.name());
        }
    }

    @Test
    void imagesOfAFixedSizeAreBroughtToTheSizeAskedFor() throws IOException {
        CifarFiles.folder(folder);
        DataOptions smaller = new DataOptions(16, true, false, null, DataListener.NONE);
        try (DataSet whole = DataSource.open(folder.toString());
                DataSet set = DataSource.open(folder.toString(), smaller)) {
            assertArrayEquals(new long[] {5, 3, 16, 16}, set.train().images().shape());
            assertArrayEquals(
                    SquareImage.of(PixelPlanes.of(whole.train().images().get(3)), 16),
                    TensorBytes.bytes(set.train().images().get(3).contiguous()));
            assertNotEquals(whole.sha256(), set.sha256());
        }
    }
}
