package dynafilter.data.folder;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dynafilter.Python;
import dynafilter.data.PixelPlanes;
import dynafilter.runtime.TensorBytes;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/** What Pillow makes of the pictures in a folder. Where there is no Pillow, the test is skipped. */
final class PillowOracle {
    private static final String DECODE = """
            import glob, os, struct, sys
            from PIL import Image, ImageOps, features
            if not features.check("libjpeg_turbo"):
                print("this Pillow is built without libjpeg-turbo, whose pixels are wanted")
                sys.exit()

            def rgb(image):
                if image.mode.startswith("I"):  # 16 bits of grey: convert would make all above 255 white
                    values = struct.iter_unpack("<i", image.convert("I").tobytes())
                    return b"".join(bytes([value >> 8] * 3) for value, in values)
                return image.convert("RGB").tobytes()

            for path in glob.glob(sys.argv[1] + "/*.*"):
                with Image.open(path) as image, open(path + ".rgb", "wb") as out:
                    out.write(rgb(ImageOps.exif_transpose(image) if sys.argv[2] == "true" else image))
            """;

    private final Python python = Python.withModules("PIL");
    private final Path folder;
    private final boolean exif;

    /** Of pictures as they are stored. */
    PillowOracle(Path folder) {
        this(folder, false);
    }

    /** @param exif true: of pictures turned as Exif says; false: as they are stored */
    PillowOracle(Path folder, boolean exif) {
        this.folder = folder;
        this.exif = exif;
    }

    /** Runs a script with the folder as its argument; returns what it prints. */
    String run(String script) {
        return python.run(script, folder);
    }

    /** What differs from what Pillow makes of it, by file. */
    Map<String, String> differences(int least) throws IOException {
        String problem = python.run(DECODE, folder, exif);
        assumeTrue(problem.isEmpty(), problem);
        Map<String, String> differences = new TreeMap<>();
        int files = 0;
        try (DirectoryStream<Path> all = Files.newDirectoryStream(folder, "*.{jpg,png,webp,gif,bmp,tif}")) {
            for (Path file : all) {
                byte[] expected = Files.readAllBytes(Path.of(file + ".rgb"));
                String difference = difference(file, expected);
                if (!difference.isEmpty()) {
                    differences.put(file.getFileName().toString(), difference);
                }
                files++;
            }
        }
        assertTrue(files >= least, files + " files");
        return differences;
    }

    private String difference(Path file, byte[] expected) {
        try (PointerScope scope = new PointerScope()) {
            Tensor image = PixelPlanes.of(ImageFile.read(ImageFile.content(file), exif));
            byte[] actual = TensorBytes.bytes(image.permute(1, 2, 0).contiguous());
            if (actual.length != expected.length) {
                return "has another size: " + image.sizes();
            }
            int most = 0;
            for (int i = 0; i < actual.length; i++) {
                most = Math.max(most, Math.abs((actual[i] & 0xff) - (expected[i] & 0xff)));
            }
            return most == 0 ? "" : "differs by " + most;
        } catch (IOException refused) {
            return refused.getMessage();
        }
    }
}
