package dynafilter.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dynafilter.Pictures;
import dynafilter.Python;
import dynafilter.checkpoint.Checkpoint;
import dynafilter.runtime.NativeRuntime;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From folders of pictures to a network that knows their names. */
class ImageFolderRunTest {
    private static final List<String> CLASSES = List.of("Zebra", "café noir", "lynx");

    @TempDir
    private static Path folder;

    private static Path pictures;
    private static Path run;

    @BeforeAll
    static void trainARun() throws IOException {
        pictures = Pictures.split(folder.resolve("pictures"), 16, 8, CLASSES.toArray(String[]::new));
        for (int i = 10; i < 16; i++) {
            Files.delete(pictures.resolve("train/lynx/" + i + ".png")); // fewer than of the others
        }
        run = folder.resolve("run");
        CommandResult outcome =
                train(pictures, run, "--image-size", 24, "--class-weights", "balanced", "--epochs", 12, "--lr", "0.02");
        assertTrue(outcome.out().contains("42 training, 24 test images, 3 classes, 24x24"), outcome.out());
        assertTrue(outcome.out().contains("feature map [64, 6, 6]"), outcome.out());
        assertTrue(outcome.out().contains(", balanced class weights, "), outcome.out());
    }

    private static CommandResult train(Path data, Path out, Object... options) {
        return CommandResult.ofSuccess(TinyRuns.train(data, out, and(options, "--progress", "none")));
    }

    private static JsonNode json(Object... line) throws IOException {
        Path file = folder.resolve("result.json");
        Object[] words = java.util.Arrays.copyOf(line, line.length + 2);
        words[line.length] = "--json";
        words[line.length + 1] = file;
        CommandResult.ofSuccess(words);
        return new ObjectMapper().readTree(file.toFile());
    }

    private static List<String> texts(JsonNode list) {
        return IntStream.range(0, list.size())
                .mapToObj(i -> list.get(i).asText())
                .toList();
    }

    @Test
    void namesAndSizeFollowTheNetworkEverywhere() throws IOException {
        NativeRuntime.load();
        try (Checkpoint best = Checkpoint.read(run.resolve("best.pt"))) {
            assertEquals(CLASSES, best.classes());
            assertEquals(24L, best.recipe().get("image_size"));
            assertEquals("balanced", best.recipe().get("class_weights"));
        }
        JsonNode evaluated = json("eval", "--model", run.resolve("best.pt"), "--data", pictures, "--threads", 1);
        assertEquals(CLASSES, texts(evaluated.get("classes")));
        assertEquals("test images", evaluated.get("data").get("evaluated").asText());
        assertTrue(evaluated.get("accuracy").asDouble() > 0.9, evaluated.toString()); // every class has its colour
        JsonNode exported = json("export", "--model", run.resolve("best.pt"));
        assertEquals("[24,24]", exported.get("image_size").toString());
        assertEquals(CLASSES, texts(exported.get("classes")));
        JsonNode script = json("eval", "--model", run.resolve("model.ts.pt"), "--data", pictures, "--threads", 1);
        assertEquals(evaluated.get("confusion"), script.get("confusion"));
        for (String model : List.of("best.pt", "model.ts.pt")) {
            JsonNode predicted =
                    json("predict", "--model", run.resolve(model), "--threads", 1, pictures.resolve("test/Zebra"));
            assertEquals(8, predicted.get("images").size());
            assertEquals("Zebra", predicted.at("/images/0/predictions/0/label").asText());
        }
    }

    @Test
    void pythonEvaluatesItOnTheDecodedImages() throws IOException {
        Python python = Python.withTorch();
        Path file = folder.resolve("python.json");
        JsonNode own = json("eval", "--model", run.resolve("last.pt"), "--data", pictures, "--threads", 1);
        python.runFile(
                Path.of("scripts/pytorch_reference.py"),
                "eval",
                "--model",
                run.resolve("last.pt"),
                "--data",
                pictures,
                "--threads",
                1,
                "--json",
                file);
        JsonNode theirs = new ObjectMapper().readTree(file.toFile());
        assertEquals(own.get("confusion"), theirs.get("confusion"));
        assertEquals(own.get("loss").asDouble(), theirs.get("loss").asDouble(), 1e-4);
    }

    @Test
    void aStreamedRunIsTheResidentOneToTheBitAlsoWhenItIsResumed() {
        Object[] options = {
            "--epochs", 2, "--image-size", 16, "--val-split", "0.25", "--batch-size", 4, "--accumulate", 2
        };
        Path resident = folder.resolve("resident");
        train(pictures, resident, and(options, "--data-memory", "resident"));
        Path streamed = folder.resolve("streamed");
        CommandResult outcome = train(pictures, streamed, and(options, "--data-memory", "stream"));
        assertTrue(outcome.out().contains("streamed to the device batch by batch"), outcome.out());
        TinyRuns.assertSame(resident.resolve("last.pt"), streamed.resolve("last.pt"));
        Path parts = folder.resolve("parts");
        train(pictures, parts, and(options, "--data-memory", "stream", "--max-steps", 2));
        assertEquals(2, TinyRuns.step(parts.resolve("last.pt")));
        CommandResult.ofSuccess(
                "train", "--resume", parts, "--max-steps", 5, "--data-memory", "stream", "--threads", 1);
        CommandResult.ofSuccess("train", "--resume", parts, "--threads", 1);
        TinyRuns.assertSame(resident.resolve("last.pt"), parts.resolve("last.pt"));
    }

    private static Object[] and(Object[] options, Object... more) {
        return java.util.stream.Stream.concat(java.util.Arrays.stream(options), java.util.Arrays.stream(more))
                .toArray();
    }

    @Test
    void oneLevelIsJudgedOnTheImagesThatItsRunHeldOut() throws IOException {
        Path flat = Pictures.classes(folder.resolve("flat"), 10, "a", "b");
        CommandResult.of(TinyRuns.train(flat, folder.resolve("none"))).assertRefused(flat, "--val-split 0.2");
        Path out = folder.resolve("flat run");
        Path file = folder.resolve("flat.json");
        CommandResult outcome =
                train(flat, out, "--val-split", "0.3", "--epochs", 1, "--batch-size", 7, "--json", file);
        assertTrue(outcome.out().contains("14 training, 6 validation images, 2 classes"), outcome.out());
        assertTrue(outcome.out().contains("validation loss"), outcome.out());
        assertTrue(outcome.out().contains("has no test images"), outcome.out());
        JsonNode trained = new ObjectMapper().readTree(file.toFile());
        assertEquals("validation", trained.get("selected_on").asText());
        assertTrue(!trained.has("test_accuracy"));
        JsonNode held = json("eval", "--model", out.resolve("best.pt"), "--data", flat, "--threads", 1);
        assertEquals(6, held.get("images").asInt());
        assertEquals(
                trained.get("best_accuracy").asDouble(), held.get("accuracy").asDouble(), 1e-9);
        Pictures.picture(flat.resolve("a/new.png"), 1);
        JsonNode all = json("eval", "--model", out.resolve("best.pt"), "--data", flat, "--threads", 1);
        assertEquals(21, all.get("images").asInt());
        assertEquals(
                "images, all of a set that is not split",
                all.get("data").get("evaluated").asText());
    }

    @Test
    void cifar100HasItsFineLabels() throws IOException {
        Path data = Files.createDirectories(folder.resolve("cifar100"));
        Files.write(data.resolve("train.bin"), records(200));
        Files.write(data.resolve("test.bin"), records(100));
        CommandResult.of(TinyRuns.train(data, folder.resolve("none")))
                .assertRefused(data, "has no fine_label_names.txt");
        List<String> names =
                IntStream.range(0, 100).mapToObj(label -> "fine_" + label).toList();
        Files.write(data.resolve("fine_label_names.txt"), names);
        Path out = folder.resolve("cifar100 run");
        CommandResult outcome = train(data, out, "--epochs", 1, "--batch-size", 100);
        assertTrue(outcome.out().contains("CIFAR-100: 200 training, 100 test images, 100 classes"), outcome.out());
        JsonNode evaluated = json("eval", "--model", out.resolve("best.pt"), "--data", data, "--threads", 1);
        assertEquals(names, texts(evaluated.get("classes")));
        CommandResult table =
                CommandResult.ofSuccess("eval", "--model", out.resolve("best.pt"), "--data", data, "--threads", 1);
        assertTrue(table.out().contains("confused most:"), table.out());
        CommandResult verified = CommandResult.ofSuccess("data", "verify", data);
        assertTrue(verified.out().contains("train.bin: 200 images, labels 0 to 99"), verified.out());
        byte[] wrong = records(100);
        wrong[3074 + 1] = 100;
        Files.write(data.resolve("test.bin"), wrong);
        assertEquals(1, CommandResult.of("data", "verify", data).code());
        CommandResult.of("eval", "--model", out.resolve("best.pt"), "--data", data)
                .assertRefused("test.bin", "record 2 has label 100, not 0 to 99");
    }

    private static byte[] records(int count) {
        byte[] bytes = new byte[count * 3074];
        new Random(count).nextBytes(bytes);
        for (int record = 0; record < count; record++) {
            bytes[record * 3074] = 0; // the coarse label
            bytes[record * 3074 + 1] = (byte) (record % 100);
        }
        return bytes;
    }

    @Test
    void infoTellsWhatAFolderHolds() throws IOException {
        JsonNode info = json("data", "info", pictures, "--image-size", 24).get("data");
        assertEquals("[16,16,10]", info.at("/train/perClass").toString());
        assertEquals("[8,8,8]", info.at("/test/perClass").toString());
        CommandResult verified = CommandResult.ofSuccess("data", "verify", pictures);
        assertArrayEquals(
                new String[] {
                    pictures.resolve("train") + ": 42 images of 3 classes, 0 of them bad",
                    pictures.resolve("test") + ": 24 images of 3 classes, 0 of them bad"
                },
                verified.out().lines().filter(line -> line.startsWith("/")).toArray());
    }

    /** The file with a chunk that says how its picture is to be turned. */
    private static byte[] withExif(byte[] png, int orientation) {
        byte[] chunk = ("eXIfMM\0*\0\0\0\10\0\1\1\22\0\3\0\0\0\1\0" + (char) orientation + "\0\0\0\0\0\0")
                .getBytes(StandardCharsets.ISO_8859_1);
        CRC32 checksum = new CRC32();
        checksum.update(chunk);
        int head = 33; // the signature and the chunk of the size
        return ByteBuffer.allocate(png.length + chunk.length + 8)
                .put(png, 0, head)
                .putInt(chunk.length - 4)
                .put(chunk)
                .putInt((int) checksum.getValue())
                .put(png, head, png.length - head)
                .array();
    }

    private static String sha256(Object... line) {
        return CommandResult.ofSuccess(line)
                .out()
                .lines()
                .filter(text -> text.contains("sha256"))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void predictionTurnsPicturesUnlessToldOtherwise() throws IOException {
        BufferedImage picture =
                ImageIO.read(pictures.resolve("test/Zebra/0.png").toFile());
        BufferedImage upsideDown =
                new BufferedImage(picture.getWidth(), picture.getHeight(), BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < picture.getHeight(); y++) {
            for (int x = 0; x < picture.getWidth(); x++) {
                upsideDown.setRGB(picture.getWidth() - 1 - x, picture.getHeight() - 1 - y, picture.getRGB(x, y));
            }
        }
        Path turned = folder.resolve("turned.png");
        ImageIO.write(upsideDown, "png", turned.toFile());
        byte[] stored = Files.readAllBytes(pictures.resolve("test/Zebra/0.png"));
        Path named = Files.write(folder.resolve("named.png"), withExif(stored, 3));
        Path plain = Files.write(folder.resolve("plain.png"), stored);
        JsonNode scores = json("predict", "--model", run.resolve("best.pt"), turned, named, plain, "--threads", 1)
                .get("images");
        assertEquals(scores.get(0).get("scores"), scores.get(1).get("scores"));
        assertNotEquals(scores.get(1).get("scores"), scores.get(2).get("scores"));
        JsonNode asStored = json(
                        "predict", "--model", run.resolve("best.pt"), turned, named, plain, "--threads", 1, "--no-exif")
                .get("images");
        assertEquals(asStored.get(1).get("scores"), asStored.get(2).get("scores"));
        assertEquals(scores.get(2).get("scores"), asStored.get(1).get("scores"));
    }

    @Test
    void aRunKeepsItsWayWithTurnedPictures() throws IOException {
        Path data = Pictures.split(folder.resolve("photos"), 8, 4, "a", "b");
        for (String name : new String[] {"train/a/0.png", "test/b/1.png"}) {
            Files.write(data.resolve(name), withExif(Files.readAllBytes(data.resolve(name)), 6));
        }
        String upright = sha256("data", "info", data);
        String stored = sha256("data", "info", data, "--no-exif");
        assertNotEquals(upright, stored);
        Path out = folder.resolve("photos run");
        train(data, out, "--no-exif", "--epochs", 2, "--max-steps", 1);
        JsonNode config = new ObjectMapper().readTree(out.resolve("config.json").toFile());
        assertEquals(false, config.at("/recipe/exif").asBoolean(true));
        assertTrue(stored.endsWith(config.at("/data/sha256").asText()), stored);
        CommandResult.ofSuccess("train", "--resume", out, "--threads", 1);
        JsonNode own = json("eval", "--model", out.resolve("best.pt"), "--threads", 1);
        JsonNode other = json("eval", "--model", out.resolve("best.pt"), "--data", data, "--threads", 1);
        assertEquals(config.at("/data/sha256"), own.at("/data/sha256"));
        assertNotEquals(config.at("/data/sha256"), other.at("/data/sha256"));
        try (Checkpoint last = Checkpoint.read(out.resolve("last.pt"))) {
            assertEquals(false, last.recipe().get("exif"));
        }
    }

    @Test
    void aRunThatSkipsBadFilesDoesSoWhenItGoesOn() throws IOException {
        Path data = Pictures.split(folder.resolve("spoilt"), 8, 4, "a", "b");
        Files.createFile(data.resolve("train/a/empty.png"));
        Path out = folder.resolve("spoilt run");
        CommandResult.of(TinyRuns.train(data, out))
                .assertFailed(2, "1 of 25 image files", "empty.png is empty", "--skip-bad");
        CommandResult first =
                CommandResult.of(TinyRuns.train(data, out, "--skip-bad", "--epochs", 2, "--max-steps", 1));
        assertEquals(0, first.code(), first.err());
        assertTrue(first.err().contains("1 of 25 image files in " + data + " skipped"), first.err());
        CommandResult goesOn = CommandResult.of("train", "--resume", out, "--threads", 1);
        assertEquals(0, goesOn.code(), goesOn.err());
        CommandResult verified = CommandResult.of("data", "verify", data);
        assertEquals(1, verified.code());
        assertTrue(verified.out().contains("empty.png is empty"), verified.out());
    }
}
