package dynafilter.data.folder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.Pictures;
import dynafilter.data.DataListener;
import dynafilter.data.folder.ImageIndex.Header;
import dynafilter.data.folder.ImageIndex.Image;
import dynafilter.runtime.TensorBytes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(NativeScope.class)
class ImageCacheTest {
    private static final int SIZE = 12;
    private static final int BYTES = 3 * SIZE * SIZE;

    @TempDir
    private Path folder;

    private Path data;
    private final List<String> heard = Collections.synchronizedList(new ArrayList<>());

    private final DataListener listener = new DataListener() {
        @Override
        public void decoding(long done, long total) {
            heard.add("decoding " + done + " of " + total);
        }

        @Override
        public void message(String text) {
            heard.add(text);
        }

        @Override
        public void warning(String text) {
            heard.add(text);
        }
    };

    @BeforeEach
    void takePictures() throws IOException {
        data = Pictures.classes(folder.resolve("data"), 4, "cat", "dog");
    }

    /** The pixels of all images, from the cache where it is current. */
    private byte[] pixels() {
        ImageCache cache =
                new ImageCache(ClassFolders.scan(data), "all", place(), new PictureReading(SIZE, false), listener);
        try (CachedImages images = cache.open()) {
            return TensorBytes.bytes(images.pixels());
        }
    }

    private CacheFolder place() {
        return CacheFolder.of(data, folder.resolve("caches"));
    }

    private Path file() {
        return data.resolve(".dynafilter-cache/all-12x12.cache");
    }

    private boolean decodes() {
        heard.clear();
        pixels();
        return !heard.isEmpty();
    }

    @Test
    void everyPictureIsDecodedOnce() throws IOException {
        byte[] first = pixels();
        assertEquals(8 * BYTES, first.length);
        assertEquals(List.of("decoding 8 of 8"), heard);
        heard.clear();
        assertArrayEquals(first, pixels());
        assertEquals(List.of(), heard);
        try (Stream<Path> files = Files.list(file().getParent())) {
            assertEquals(
                    List.of("all-12x12.cache", "lock"),
                    files.map(path -> path.getFileName().toString()).sorted().toList());
        }
    }

    /** The cache of pictures as they are stored is that of versions that knew no other. */
    @Test
    void picturesThatAreTurnedHaveACacheOfTheirOwn() throws IOException {
        Path turned = data.resolve("cat/turned.jpg");
        Files.write(turned, new TestJpeg(16, 24, "1x1,1x1,1x1").orientation(6).bytes());
        byte[] stored = pixels();
        byte[] before = Files.readAllBytes(file());
        ImageCache upright =
                new ImageCache(ClassFolders.scan(data), "all", place(), new PictureReading(SIZE, true), listener);
        try (CachedImages images = upright.open()) {
            byte[] pixels = TensorBytes.bytes(images.pixels());
            assertArrayEquals(copy(stored, 0, 4), copy(pixels, 0, 4));
            assertArrayEquals(copy(stored, 5, 9), copy(pixels, 5, 9));
            assertTrue(!java.util.Arrays.equals(copy(stored, 4, 5), copy(pixels, 4, 5)));
            assertEquals(24, images.index().files().get(4).width());
        }
        assertArrayEquals(before, Files.readAllBytes(file()));
        assertTrue(Files.exists(file().resolveSibling("all-12x12-upright.cache")));
        heard.clear();
        assertArrayEquals(stored, pixels());
        upright.open().close();
        assertEquals(List.of(), heard);
    }

    @Test
    void isWrittenAnewWhenAFileIsAddedChangedOrRemoved() throws IOException {
        byte[] first = pixels();
        Path added = Pictures.picture(data.resolve("cat/zz.png"), 55);
        byte[] more = pixels();
        assertEquals(9 * BYTES, more.length);
        assertArrayEquals(copy(first, 0, 4), copy(more, 0, 4));
        assertArrayEquals(copy(first, 4, 8), copy(more, 5, 9));
        Files.delete(added);
        assertArrayEquals(first, pixels());
        Pictures.picture(data.resolve("dog/3.png"), 77);
        byte[] changed = pixels();
        assertArrayEquals(copy(first, 0, 7), copy(changed, 0, 7));
        assertTrue(!java.util.Arrays.equals(copy(first, 7, 8), copy(changed, 7, 8)));
        Files.move(data.resolve("dog"), data.resolve("bird"));
        assertTrue(decodes());
        Files.createDirectories(data.resolve("ape"));
        assertTrue(decodes(), "labels moved on");
    }

    private static byte[] copy(byte[] pixels, int from, int to) {
        return java.util.Arrays.copyOfRange(pixels, from * BYTES, to * BYTES);
    }

    @Test
    void whatDidNotChangeIsTakenFromTheCacheOfBefore() throws IOException {
        byte[] first = pixels();
        Path file = data.resolve("cat/1.png");
        FileTime time = Files.getLastModifiedTime(file);
        Files.write(file, new byte[(int) Files.size(file)]); // no image any more, but who would read it
        Files.setLastModifiedTime(file, time);
        Pictures.picture(data.resolve("dog/zz.png"), 55);
        assertArrayEquals(copy(first, 0, 8), copy(pixels(), 0, 8));
    }

    @Test
    void aDamagedCacheIsWrittenAnew() throws IOException {
        byte[] first = pixels();
        byte[] whole = Files.readAllBytes(file());
        for (int at : new int[] {17, whole.length - 200, whole.length - 12, whole.length - 1}) {
            byte[] damaged = whole.clone();
            damaged[at] ^= 0x41;
            Files.write(file(), damaged);
            heard.clear();
            assertArrayEquals(first, pixels());
            assertTrue(at == whole.length - 200 || !heard.isEmpty(), "byte " + at);
        }
        for (int length : new int[] {0, 5, 16, whole.length / 2, whole.length - 1}) {
            Files.write(file(), java.util.Arrays.copyOf(whole, length));
            assertTrue(decodes(), "cut to " + length);
        }
    }

    @Test
    void aFolderThatCannotBeWrittenHasItsCacheElsewhere() throws IOException {
        Files.createFile(data.resolve(".dynafilter-cache")); // a file where the folder would be
        byte[] first = pixels();
        assertTrue(heard.get(0).startsWith("decoded images are kept in " + place().ofUser()), heard.toString());
        heard.clear();
        assertArrayEquals(first, pixels());
        assertEquals(List.of(), heard);
    }

    @Test
    void ofTwoAtOnceOneDecodesAndTheOtherWaits() {
        List<byte[]> both = Stream.of(1, 2).parallel().map(i -> pixels()).toList();
        assertArrayEquals(both.get(0), both.get(1));
        assertEquals(1, heard.stream().filter("decoding 8 of 8"::equals).count(), heard.toString());
    }

    @Test
    void aMapIsWhatItWasWhenItsFileIsReplaced() throws IOException {
        ImageCache cache =
                new ImageCache(ClassFolders.scan(data), "all", place(), new PictureReading(SIZE, false), listener);
        try (CachedImages images = cache.open()) {
            byte[] before = TensorBytes.bytes(images.pixels());
            Files.delete(data.resolve("cat/0.png"));
            assertEquals(7 * BYTES, pixels().length);
            assertArrayEquals(before, TensorBytes.bytes(images.pixels()));
        }
    }

    @Test
    void aFileIsBadAsLongAsItIsAndNotLonger() throws IOException {
        Path file = data.resolve("cat/0.png");
        byte[] good = Files.readAllBytes(file);
        Files.write(file, new byte[] {1});
        assertEquals(7 * BYTES, pixels().length);
        assertTrue(!decodes());
        Files.write(file, good);
        assertEquals(8 * BYTES, pixels().length);
    }

    private void replaceInIndex(String text, String with) throws IOException {
        String bytes = Files.readString(file(), StandardCharsets.ISO_8859_1);
        assertTrue(bytes.contains(text), text);
        Files.writeString(file(), bytes.replace(text, with), StandardCharsets.ISO_8859_1);
    }

    @Test
    void picturesThatAnotherJpegLibraryDecodedAreDecodedAnew() throws IOException {
        Pictures.picture(data.resolve("cat/zz.jpg"), 55);
        pixels();
        Path file = data.resolve("cat/1.png");
        FileTime time = Files.getLastModifiedTime(file);
        Files.write(file, new byte[(int) Files.size(file)]); // what is decoded again is seen by this
        Files.setLastModifiedTime(file, time);
        assertEquals(9 * BYTES, pixels().length);
        String mine = "\"decoder\":\"" + DecoderFingerprint.ofThisJava();
        replaceInIndex(mine, mine.replaceAll("[0-9a-f]{12}", "012345678901"));
        assertEquals(8 * BYTES, pixels().length);
        assertTrue(!decodes());
    }

    @Test
    void withoutJpegFilesNoLibraryMatters() throws IOException {
        pixels();
        replaceInIndex("\"decoder\":null", "\"decoder\":null");
        Files.write(
                data.resolve("cat/0.png"), new byte[] {(byte) 0xff, (byte) 0xd8, (byte) 0xff, 0}); // a bad JPEG file
        pixels();
        replaceInIndex("\"decoder\":\"" + DecoderFingerprint.ofThisJava(), "\"decoder\":\"012345678901");
        assertTrue(decodes(), "another library may read it");
    }

    @Test
    void theCacheOfAnOlderVersionIsWrittenAnew() throws IOException {
        pixels();
        replaceInIndex(ImageIndex.FORMAT, "dynafilter-cache/1");
        assertTrue(decodes());
    }

    /** The format whose index is one JSON document: nobody waits for a million pictures a second time. */
    @Test
    void theCacheOfTheVersionBeforeIsTaken() throws IOException {
        byte[] pixels = pixels();
        Header now;
        List<Image> files;
        try (CachedImages cached = CachedImages.open(file()).orElseThrow()) {
            now = cached.index().header();
            files = List.copyOf(cached.index().files());
        }
        byte[] json = new Header(
                        "dynafilter-cache/2",
                        now.imageSize(),
                        now.decoder(),
                        now.sha256(),
                        now.crc32c(),
                        now.classes(),
                        files,
                        now.bad(),
                        0,
                        0,
                        0)
                .toJson();
        byte[] magic = CachedImages.MAGIC.getBytes(StandardCharsets.US_ASCII);
        ByteBuffer before = ByteBuffer.allocate(pixels.length + json.length + Long.BYTES + magic.length)
                .put(pixels)
                .put(json)
                .putLong(json.length)
                .put(magic);
        Files.write(file(), before.array());
        assertTrue(!decodes());
        assertArrayEquals(pixels, pixels());
    }

    @Test
    void aDamagedTableOfFilesIsNoticed() throws IOException {
        byte[] pixels = pixels();
        byte[] bytes = Files.readAllBytes(file());
        bytes[pixels.length + 3] ^= 1; // the first file's label
        Files.write(file(), bytes);
        assertTrue(decodes());
    }
}
