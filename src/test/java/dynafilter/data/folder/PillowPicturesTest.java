package dynafilter.data.folder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import dynafilter.NativeScope;
import java.awt.color.ColorSpace;
import java.awt.color.ICC_Profile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Pictures of all kinds are, to the last bit, what Pillow makes of them. */
@ExtendWith(NativeScope.class)
class PillowPicturesTest {
    private static final String WRITE = """
            import random, sys
            from PIL import Image, ImageCms
            random.seed(0)
            folder, size = sys.argv[1], (83, 61)
            wave = Image.new("RGB", size)
            wave.putdata([(3 * x % 256, 4 * y % 256, (x * y + random.randrange(60)) % 256)
                          for y in range(size[1]) for x in range(size[0])])
            profiles = {name: ImageCms.ImageCmsProfile(ImageCms.createProfile(name)).tobytes() for name in ("sRGB", "LAB")}
            exif = Image.Exif()
            exif[274] = 6
            for mode in "L", "RGB", "CMYK":
                image = wave.convert(mode)
                for subsampling in 0, 1, 2:
                    for progressive in False, True:
                        name = f"{folder}/{mode}-{subsampling}-{progressive}.jpg"
                        image.save(name, subsampling=subsampling, progressive=progressive, quality=40 + 25 * subsampling)
                for name, profile in profiles.items():
                    image.save(f"{folder}/{mode}-{name}.jpg", icc_profile=profile, exif=exif, comment="turned")
            for mode in "1", "L", "LA", "P", "RGB", "RGBA", "I":
                image = wave.convert(mode)
                image.save(f"{folder}/{mode}.png", icc_profile=profiles["sRGB"])
                image.save(f"{folder}/{mode}-turned.png", exif=exif, optimize=True)
            wave.quantize(5).save(f"{folder}/five.png", transparency=2)
            wave.save(f"{folder}/animated.png", save_all=True, append_images=[wave.rotate(180)])
            """;

    /** 16 by 16 pixels, 4:2:0, as {@code jpegtran -arithmetic} writes them. */
    private static final String ARITHMETIC = """
            /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMD\
            AwMDAwMDAwMDAwMDAwP/yQARCAAQABADASIAAhEAAxEA/8wACgAQEAUBEBEF/9oADAMBAAIRAxEAPwDSzd2DWOLgdgEfaC5yFytp\
            96ub57IGut4sbp85ovJcu2+Bc87sOMtFA326fFWJ2d5RkvnLoIV436BdshodyluNCCgaBHELyH1E8w7U6mNTfxSi/n5/6OTyiR/+\
            77l64EeO003Vj/4UHLV+Eoxsc7VdvJrcJQWfiFkVVM3chy+KBKcP9ysnKeJrxft2oM2IypPKcnmy5aUfZcEj7z2cywItLyUkPVgR\
            o0weYpUZvaAdSZhcif8AS/So7DF1RW+2sn2s/TBtT7z6BYlUXEVQryaciGuol6H/AHz8YRi7DJQIwFwW9uiqYMdgfowc4c/NqiTd\
            vnFVtZP0T8t6Ej5wdVBbhDYCS6YLPTBY1HwjAoH/AMi+99aUavKirbHN2fySuYRGhe5nhSTGDgNo0Eaaql/OsOGjGwFNvXLcTOXJ\
            AORMtjJRD1G6K9gkYMs2WhnJkSOgbIrn1DJNp18coWoogswGv4sx2seyUdlY4mWEJxbMzX6LF8mELwuIUFlwQI7nML+3GWr87kz/\
            AIGwD/8AQe/rgmpkw/D/2Q==\
            """;

    /** The same by {@code jpegtran -arithmetic -progressive}. */
    private static final String ARITHMETIC_PROGRESSIVE = """
            /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMD\
            AwMDAwMDAwMDAwMDAwP/ygARCAAQABADASIAAhEAAxEA/8wABgAQARD/2gAMAwEAAhADEAAAAdKqlQ4+7K5g/8wABBAF/9oACAEB\
            AAEFAhVSQJFXD6Q+j7mwwmHEzjWA/8wABBEF/9oACAEDAQE/ATs6sFZs3wpE/wDDjo4+42Iv1mZEESzm5LZs0KEKJsA9BJzbz6zs\
            SDAJlZeOeUz2CUFRR0jeP4goRCSsQ6yc+QjxWjZpsP/MAAQRBf/aAAgBAgEBPwE7YxtAvXGAfmf/AMxEH45eVILi5JICGO+Wnc+r\
            o7BiPE1obCEMtmxx55w2R4Ma6BZJST8O14tgZYWCZ3MngP/MAAQQBf/aAAgBAQAGPwIVchH/AMxSSqNaLWARZadkd4qO6mIjjrMa\
            u3htvP8AFLaPkbICKVgZ8SBZnjPF42BOaoSFuSSPG/sjqJPNmgJskC4HyFizIai/fvWF3zsumJfJv+YYQ7T1bbXIg+DQDNaJJji4\
            FBBtNaa8PNniiBwobfXzJAMgIYF0yNXLlxcxcrkmkh6gU8rnhZo8aTD9/r+iw94inRDmzP/MAAQQBf/aAAgBAQABPyFMnF9vyXP9\
            10e9+Xaw3DAL+OjJAc90VVf81wPAi0J/EVKRnMgkBV/g/9oADAMBAAIAAwAAABCq/8wABBEF/9oACAEDAQE/EDw7uvp7DKyG/8wA\
            BBEF/9oACAECAQE/EI9GlxEPjBC4/8wABBAF/9oACAEBAAE/EC5F4p1UKIDDhnxjcnBzmfWfqlvf6y9iw28QIFhbAPcvKIxbnZTW\
            lP/Z\
            """;

    private static final byte[] LINEAR_RGB =
            ICC_Profile.getInstance(ColorSpace.CS_LINEAR_RGB).getData();
    private static final byte[] GREY =
            ICC_Profile.getInstance(ColorSpace.CS_GRAY).getData();

    @TempDir
    private Path folder;

    private void write(String name, byte[] content) throws IOException {
        Files.write(folder.resolve(name), content);
    }

    private void write(String name, TestJpeg jpeg) throws IOException {
        write(name + ".jpg", jpeg.bytes());
    }

    private void write(String name, TestPng png) throws IOException {
        write(name + ".png", png.bytes());
    }

    private static TestJpeg jpeg(String sampling) {
        return new TestJpeg(37, 29, sampling);
    }

    private static TestPng png(int type, int depth) {
        return new TestPng(21, 13, type, depth);
    }

    @Test
    void readsJpegFilesOfEverySamplingAndColourModel() throws IOException {
        PillowOracle pillow = new PillowOracle(folder);
        String[] samplings = {
            "1x1,1x1,1x1",
            "2x1,1x1,1x1",
            "2x2,1x1,1x1",
            "1x2,1x1,1x1",
            "4x1,1x1,1x1",
            "4x2,1x1,1x1",
            "1x4,1x2,1x2",
            "2x2,2x1,1x2",
            "2x1,1x2,1x1",
            "1x1,2x2,1x2",
            "3x1,1x1,1x1"
        };
        for (String sampling : samplings) {
            write(sampling + "-jfif", jpeg(sampling).jfif());
            write(sampling + "-progressive", jpeg(sampling).jfif().progressive());
            write(sampling + "-restarts", jpeg(sampling).restarts(2));
            write(sampling + "-whole-units", new TestJpeg(64, 96, sampling).adobe(1));
        }
        for (String sampling : new String[] {"1x1,1x1,1x1", "2x1,1x1,1x1", "1x2,1x1,1x1"}) {
            for (int transform = 0; transform < 3; transform++) {
                write(sampling + "-adobe" + transform, jpeg(sampling).adobe(transform));
            }
            write(sampling + "-jfif-and-adobe", jpeg(sampling).jfif().adobe(0));
            write(sampling + "-ids-rgb", jpeg(sampling).ids('R', 'G', 'B'));
            write(sampling + "-ids-small-rgb", jpeg(sampling).ids('r', 'g', 'b'));
            write(sampling + "-ids-from-0", jpeg(sampling).ids(0, 1, 2));
            write(sampling + "-ids-photo-ycc", jpeg(sampling).ids('Y', 'C', 'c'));
        }
        for (String sampling :
                new String[] {"1x1,1x1,1x1,1x1", "2x1,1x1,1x1,2x1", "2x2,1x1,1x1,2x2", "1x2,1x1,1x1,1x2"}) {
            write(sampling + "-plain", jpeg(sampling));
            write(sampling + "-jfif", jpeg(sampling).jfif());
            write(sampling + "-ids", jpeg(sampling).ids('R', 'G', 'B', 'A'));
            for (int transform = 0; transform < 3; transform++) {
                write(
                        sampling + "-adobe" + transform,
                        jpeg(sampling).adobe(transform).progressive());
            }
        }
        write("grey-1x1", jpeg("1x1"));
        write("grey-2x2", jpeg("2x2").jfif().progressive());
        write("one-pixel", new TestJpeg(1, 1, "2x2,1x1,1x1"));
        write("one-row", new TestJpeg(5, 1, "1x2,1x1,1x1"));
        assertEquals(Map.of(), pillow.differences(90));
    }

    @Test
    void nothingElseInAJpegFileDecidesItsPixels() throws IOException {
        PillowOracle pillow = new PillowOracle(folder);
        String usual = "2x2,1x1,1x1";
        for (int turned = 1; turned <= 8; turned++) {
            write("turned-" + turned, jpeg(usual).orientation(turned));
        }
        write("linear-profile", jpeg(usual).jfif().profile(LINEAR_RGB));
        write("grey-profile", jpeg(usual).jfif().profile(GREY));
        write("no-profile", jpeg(usual).jfif().profile(new byte[40]));
        write("linear-profile-grey", jpeg("1x1").jfif().profile(LINEAR_RGB));
        write("grey-profile-grey", jpeg("1x1").jfif().profile(GREY));
        write("linear-profile-cmyk", jpeg("1x1,1x1,1x1,1x1").adobe(2).profile(LINEAR_RGB));
        write("half-a-profile", jpeg(usual).segment(0xe2, "ICC_PROFILE\0\2\7half"));
        write("two-jfif", jpeg(usual).segment(0xe1, "Exif\0\0nothing").jfif().jfif());
        write("comment", jpeg(usual).segment(0xfe, "\0").segment(0xfe, ""));
        write("filled-up", jpeg(usual).jfif().raw(0xff, 0xff, 0xff));
        byte[] plain = jpeg(usual).jfif().bytes();
        byte[] other = jpeg("1x1").bytes();
        write("and-another.jpg", join(plain, plain.length, other));
        write("stray-bytes.jpg", join(plain, plain.length - 2, new byte[80], new byte[] {(byte) 0xff, (byte) 0xd9}));
        assertEquals(Map.of(), pillow.differences(20));
    }

    private static byte[] join(byte[] first, int length, byte[]... others) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        joined.write(first, 0, length);
        for (byte[] other : others) {
            joined.writeBytes(other);
        }
        return joined.toByteArray();
    }

    @Test
    void readsArithmeticCodingWhereJavasLibraryKnowsIt() throws IOException {
        PillowOracle pillow = new PillowOracle(folder);
        write("sequential.jpg", Base64.getDecoder().decode(ARITHMETIC.strip()));
        write("progressive.jpg", Base64.getDecoder().decode(ARITHMETIC_PROGRESSIVE.strip()));
        Map<String, String> differences = pillow.differences(2);
        if (!differences.isEmpty()) {
            differences.values().forEach(said -> assertTrue(said.contains("is arithmetic-coded"), said));
            abort(differences.toString());
        }
    }

    @Test
    void readsPngFilesOfEveryTypeAndDepth() throws IOException {
        PillowOracle pillow = new PillowOracle(folder);
        int[][] kinds = {
            {TestPng.GREY, 1},
            {TestPng.GREY, 2},
            {TestPng.GREY, 4},
            {TestPng.GREY, 8},
            {TestPng.GREY, 16},
            {TestPng.RGB, 8},
            {TestPng.RGB, 16},
            {TestPng.PALETTE, 1},
            {TestPng.PALETTE, 2},
            {TestPng.PALETTE, 4},
            {TestPng.PALETTE, 8},
            {TestPng.GREY_ALPHA, 8},
            {TestPng.GREY_ALPHA, 16},
            {TestPng.RGB_ALPHA, 8},
            {TestPng.RGB_ALPHA, 16}
        };
        for (int[] kind : kinds) {
            String name = "type" + kind[0] + "-depth" + kind[1];
            boolean grey = kind[0] % 4 == 0;
            write(name, png(kind[0], kind[1]));
            write(name + "-interlaced", png(kind[0], kind[1]).interlaced());
            write(name + "-three-pixels", new TestPng(3, 1, kind[0], kind[1]).interlaced());
            write(name + "-gamma", png(kind[0], kind[1]).chunk("gAMA", 0, 1, 0x86, 0xa0));
            write(name + "-profile", png(kind[0], kind[1]).profile(grey ? GREY : LINEAR_RGB));
            if (kind[0] < TestPng.GREY_ALPHA) {
                int[] seen = kind[0] == TestPng.GREY ? new int[] {0, 1} : new int[] {0, 1, 0, 1, 0, 1};
                int[] transparent = kind[0] == TestPng.PALETTE ? new int[] {0, 100} : seen;
                write(name + "-transparent", png(kind[0], kind[1]).chunk("tRNS", transparent));
            }
        }
        write("few-colours", png(TestPng.PALETTE, 4).colours(9, 9));
        write(
                "turned",
                png(TestPng.RGB, 8)
                        .chunk(
                                "eXIf",
                                "MM\0*\0\0\0\10\0\1\1\22\0\3\0\0\0\1\0\6\0\0\0\0\0\0"
                                        .getBytes(StandardCharsets.ISO_8859_1)));
        write("in-pieces", png(TestPng.RGB, 8).pieces(100));
        assertEquals(Map.of(), pillow.differences(85));
    }

    @Test
    void readsWhatPillowWrites() throws IOException {
        PillowOracle pillow = new PillowOracle(folder);
        pillow.run(WRITE);
        assertEquals(Map.of(), pillow.differences(35));
    }
}
