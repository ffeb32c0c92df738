package dynafilter.data.folder;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dynafilter.Python;
import dynafilter.data.DataListener;
import dynafilter.data.DataOptions;
import dynafilter.runtime.NativeRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of every kind that is told, written by Pillow. */
class OddFilesTest {
    private static final String WRITE = """
            import os, random, shutil, sys
            from PIL import Image
            a, b = sys.argv[1] + "/a/", sys.argv[1] + "/b/"
            os.makedirs(a), os.makedirs(b)
            random.seed(1)
            def noise(width=40, height=40, mode="RGB"):
                small = Image.frombytes("RGB", (8, 8), random.randbytes(192))
                return small.resize((width, height), Image.BICUBIC).convert(mode)
            for i in range(3):
                noise().save(b + f"{i}.png")
                noise().save(a + f"{i}.jpg")
            noise().save(a + "really-jpeg.png", "JPEG")
            noise().save(a + "really-png.jpeg", "PNG")
            noise(200, 40).save(a + "narrow.png")
            noise(12, 15).save(a + "tiny.bmp")
            frames = [noise() for _ in range(3)]
            frames[0].save(a + "moving.gif", save_all=True, append_images=frames[1:])
            frames[0].save(a + "moving.png", save_all=True, append_images=frames[1:])
            frames[0].save(a + "still.gif")
            try:
                frames[0].save(a + "moving.webp", save_all=True, append_images=frames[1:], lossless=True)
                frames[0].save(a + "still.webp", lossless=True)
            except (KeyError, OSError):
                print("no webp")
            noise(mode="CMYK").save(a + "inks.jpg")
            noise(mode="CMYK").save(a + "inks.tif")
            exif = Image.Exif()
            exif[274] = 6
            noise().save(a + "turned.jpg", exif=exif.tobytes())
            exif[274] = 1
            noise().save(a + "upright.jpg", exif=exif.tobytes())
            whole = open(a + "0.jpg", "rb").read()
            open(a + "cut.jpg", "wb").write(whole[:len(whole) // 2])
            open(a + "empty.png", "wb")
            open(a + "text.png", "w").write("no picture")
            shutil.copy(a + "1.jpg", b + "again.jpg")
            """;

    @TempDir
    private Path folder;

    @Test
    void eachIsListedWithItsReason() throws IOException {
        NativeRuntime.load();
        Python python = Python.withModules("PIL");
        Path data = folder.resolve("data");
        boolean webp = python.run(WRITE, data).isEmpty();
        Map<String, String> found =
                OddFiles.of(ImageFolder.scan(data), new DataOptions(32, true, true, null, DataListener.NONE)).stream()
                        .collect(Collectors.toMap(
                                finding ->
                                        finding.file().substring(data.toString().length() + 1),
                                finding -> finding.kind() + " " + finding.detail(),
                                (one, other) -> one + "; " + other,
                                TreeMap::new));
        Map<String, String> expected = new TreeMap<>(Map.ofEntries(
                Map.entry("a/really-jpeg.png", "OTHER_FORMAT is a JPEG file by its content"),
                Map.entry("a/really-png.jpeg", "OTHER_FORMAT is a PNG file by its content"),
                Map.entry("a/narrow.png", "NARROW is 200 by 40 pixels: 80 % of it is cut off"),
                Map.entry("a/tiny.bmp", "TINY is 12 by 15 pixels, where images are brought to 32"),
                Map.entry("a/moving.gif", "ANIMATED has several pictures, of which the first is taken"),
                Map.entry("a/moving.png", "ANIMATED has several pictures, of which the first is taken"),
                Map.entry("a/inks.jpg", "INKS has CMYK colours, which are turned into RGB"),
                Map.entry("a/inks.tif", "INKS has CMYK colours, which are turned into RGB"),
                Map.entry("a/turned.jpg", "TURNED is stored otherwise than upright: Exif says it is turned right"),
                Map.entry("a/empty.png", "BROKEN is empty"),
                Map.entry("a/text.png", "BROKEN is neither PNG, JPEG, WebP, GIF, BMP nor TIFF"),
                Map.entry("b/again.jpg", "SAME_BYTES has the same bytes as " + data + "/a/1.jpg")));
        if (webp) {
            expected.put("a/moving.webp", "ANIMATED has several pictures, of which the first is taken");
        }
        String cut = found.remove("a/cut.jpg");
        assertEquals("BROKEN is no JPEG image that can be read: ", cut.replaceFirst("read: .*", "read: "));
        assertEquals(expected, found);
        assertEquals(true, Files.exists(data.resolve("a/still.gif")), "and the still ones are not odd");
    }
}
