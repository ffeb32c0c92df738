package dynafilter.data.folder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dynafilter.NativeScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Pictures in other formats than JPEG and PNG, and turned ones, are what Pillow makes of them. */
@ExtendWith(NativeScope.class)
class PillowFormatsTest {
    private static final String PICTURES = """
            import random, struct, sys
            from PIL import Image, features
            random.seed(0)
            folder, size = sys.argv[1], (83, 61)
            wave = Image.new("RGB", size)
            wave.putdata([(3 * x % 256, 4 * y % 256, (x * y + random.randrange(60)) % 256)
                          for y in range(size[1]) for x in range(size[0])])
            alpha = Image.linear_gradient("L").resize(size)
            clear = wave.copy()
            clear.putalpha(alpha)
            grey, bits, palette, few = wave.convert("L"), wave.convert("1"), wave.quantize(200), wave.quantize(16)
            rows = [[wave.getpixel((x, y)) for x in range(size[0])] for y in range(size[1])]
            """;

    private static final String WEBP = PICTURES + """
            if not features.check("webp"):
                print("this Pillow has no WebP")
                sys.exit()
            for name, image in dict(rgb=wave, clear=clear, palette=palette, bits=bits, grey=grey).items():
                image.save(f"{folder}/{name}.webp", lossless=True)
            wave.save(f"{folder}/near.webp", lossless=True, quality=20)
            wave.save(f"{folder}/animated.webp", save_all=True, append_images=[wave.rotate(180)], lossless=True)
            """;

    private static final String LOSSY_WEBP = PICTURES + """
            if not features.check("webp"):
                print("this Pillow has no WebP")
                sys.exit()
            smooth = wave.resize((20, 15)).resize((183, 161), Image.BICUBIC)
            for quality in 5, 60, 95:
                smooth.save(f"{folder}/{quality}.webp", quality=quality)
            """;

    private static final String GIF = PICTURES + """
            for name, image in dict(palette=palette, few=few, grey=grey, bits=bits).items():
                image.save(f"{folder}/{name}.gif")
                image.save(f"{folder}/{name}-interlaced.gif", interlace=True)
                image.save(f"{folder}/{name}-transparent.gif", transparency=1)
            palette.save(f"{folder}/animated.gif", save_all=True, append_images=[palette.rotate(90)], duration=100)
            for name in "few", "few-transparent":
                content = bytearray(open(f"{folder}/{name}.gif", "rb").read())
                frame = content.index(b"\\x2c", 13 + 3 * (2 << (content[10] & 7)))
                content[frame + 1:frame + 5] = struct.pack("<HH", 9, 5)
                for width in 100, 50:
                    content[6:10] = struct.pack("<HH", width, 90)
                    open(f"{folder}/{name}-on-{width}.gif", "wb").write(content)
            """;

    private static final String BMP = PICTURES + """
            for name, image in dict(rgb=wave, grey=grey, bits=bits, palette=palette, few=few, clear=clear).items():
                image.save(f"{folder}/{name}.bmp")

            def write(name, bits, compression, masks, lines, colours=b"", height=size[1]):
                body = b"".join(line + b"\\0" * (-len(line) % 4 if compression != 1 else 0) for line in lines)
                head = struct.pack("<IiiHHIIiiII", 40, size[0], height, 1, bits, compression, len(body), 0, 0,
                                   len(colours) // 4, 0) + masks
                start = 14 + len(head) + len(colours)
                with open(f"{folder}/{name}.bmp", "wb") as out:
                    out.write(b"BM" + struct.pack("<IHHI", start + len(body), 0, 0, start) + head + colours + body)

            def lines(pack):
                return [b"".join(pack(*pixel) for pixel in row) for row in reversed(rows)]

            five = lambda r, g, b: struct.pack("<H", r >> 3 << 10 | g >> 3 << 5 | b >> 3)
            six = lambda r, g, b: struct.pack("<H", r >> 3 << 11 | g >> 2 << 5 | b >> 3)
            eight = lambda r, g, b: struct.pack("<BBBB", b, g, r, 7)
            write("5-5-5", 16, 0, b"", lines(five))
            write("5-5-5-masks", 16, 3, struct.pack("<III", 0x7c00, 0x3e0, 0x1f), lines(five))
            write("5-6-5-masks", 16, 3, struct.pack("<III", 0xf800, 0x7e0, 0x1f), lines(six))
            write("8-8-8", 32, 0, b"", lines(eight))
            write("8-8-8-masks", 32, 3, struct.pack("<III", 0xff0000, 0xff00, 0xff), lines(eight))
            write("from-the-top", 24, 0, b"", [b"".join(struct.pack("<BBB", b, g, r) for r, g, b in row) for row in rows],
                  height=-size[1])
            values, colours = palette.tobytes(), palette.getpalette()
            colours = b"".join(bytes(colours[i:i + 3][::-1]) + b"\\0" for i in range(0, len(colours), 3))
            write("run-lengths", 8, 1, b"", [b"".join(bytes([1, v]) for v in values[y * size[0]:(y + 1) * size[0]])
                  + (b"\\0\\0" if y else b"\\0\\1") for y in reversed(range(size[1]))], colours)
            """;

    private static final String TIFF = PICTURES + """
            if not features.check("libtiff"):
                print("this Pillow has no libtiff")
                sys.exit()
            kinds = dict(rgb=wave, grey=grey, bits=bits, palette=palette, few=few, clear=clear, inks=wave.convert("CMYK"),
                         grey_alpha=Image.merge("LA", (grey, alpha)))
            for name, image in kinds.items():
                for coding in None, "tiff_lzw", "tiff_adobe_deflate", "packbits":
                    image.save(f"{folder}/{name}-{coding}.tif", compression=coding)
            wave.save(f"{folder}/jpeg.tif", compression="jpeg")
            grey.save(f"{folder}/jpeg-grey.tif", compression="jpeg")
            for coding in "group3", "group4":
                bits.save(f"{folder}/{coding}.tif", compression=coding)
            for order, name in ("<", "II"), (">", "MM"):
                for samples, photometric in (3, 2), (1, 1):
                    body = b"".join(struct.pack(order + "H", v * 256 + i % 256)
                                    for row in rows for i, pixel in enumerate(row) for v in pixel[:samples])
                    tags = [(256, size[0]), (257, size[1]), (258, 16), (259, 1), (262, photometric), (273, None),
                            (277, samples), (278, size[1]), (279, len(body))]
                    end = 8 + 2 + 12 * len(tags) + 4
                    out = name.encode() + struct.pack(order + "HIH", 42, 8, len(tags))
                    for tag, value in tags:
                        if tag == 258 and samples == 3:
                            out += struct.pack(order + "HHII", tag, 3, 3, end)
                        elif tag in (273, 279):
                            out += struct.pack(order + "HHII", tag, 4, 1, value or end + 6)
                        else:
                            out += struct.pack(order + "HHIHH", tag, 3, 1, value, 0)
                    out += struct.pack(order + "IHHH", 0, 16, 16, 16) + body
                    open(f"{folder}/{name}-16-bits-{samples}.tif", "wb").write(out)
            """;

    private static final String TURNED = PICTURES + """
            for value in range(10):
                exif = Image.Exif()
                exif[274] = value
                for order in "<", ">":
                    exif.endian = order
                    for ending in ["jpg", "png"] + ["webp"] * features.check("webp") + ["tif"] * features.check("libtiff"):
                        name = f"{folder}/{value}-{'IM'[order == '>']}.{ending}"
                        image = wave if value % 2 else palette.convert("RGB").crop((0, 0, 40, 61))
                        lossless = {"lossless": True} if ending == "webp" else {}
                        image.save(name, exif=exif.tobytes() if ending != "tif" else exif, **lossless)
            """;

    @TempDir
    private Path folder;

    private Map<String, String> differences(String script, int least) throws IOException {
        PillowOracle pillow = new PillowOracle(folder, true);
        String problem = pillow.run(script);
        assumeTrue(problem.isEmpty(), problem);
        return pillow.differences(least);
    }

    @Test
    void readsLosslessWebp() throws IOException {
        assertEquals(Map.of(), differences(WEBP, 7));
    }

    /** The decoder takes the colour of four pixels for each, where libwebp interpolates it. */
    @Test
    void readsLossyWebpNearly() throws IOException {
        Map<String, String> differences = differences(LOSSY_WEBP, 3);
        for (String difference : differences.values()) {
            assertTrue(difference.matches("differs by ([1-9]|[1-3][0-9])"), differences.toString());
        }
    }

    @Test
    void readsGif() throws IOException {
        assertEquals(Map.of(), differences(GIF, 17));
    }

    @Test
    void readsBmp() throws IOException {
        assertEquals(Map.of(), differences(BMP, 13));
    }

    @Test
    void readsTiff() throws IOException {
        assertEquals(Map.of(), differences(TIFF, 40));
    }

    @Test
    void turnsPicturesAsTheirExifSays() throws IOException {
        assertEquals(Map.of(), differences(TURNED, 40));
    }

    @Test
    void refusesTiffOfOtherSamplesByName() throws IOException {
        PillowOracle pillow = new PillowOracle(folder, true);
        pillow.run(PICTURES + """
                wave.convert("F").save(f"{folder}/float.tif")
                wave.convert("LAB").save(f"{folder}/lab.tif")
                """);
        assertTrue(problem("float.tif").contains("no whole numbers of up to 16 bits"), problem("float.tif"));
        assertTrue(problem("lab.tif").contains("its colours are L*a*b*"), problem("lab.tif"));
    }

    private String problem(String name) throws IOException {
        byte[] content = Files.readAllBytes(folder.resolve(name));
        try {
            ImageFile.read(content, true);
            return "was read";
        } catch (IOException refused) {
            return refused.getMessage();
        }
    }
}
