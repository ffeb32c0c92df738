package dynafilter.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dynafilter.TensorAssert;
import dynafilter.checkpoint.Checkpoint;
import dynafilter.runtime.NativeRuntime;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;

/** Data sets in CIFAR-10's format and runs on them that take no time. */
final class TinyRuns {
    static final int RECORD = 3073;
    static final int TRAIN = 64;
    static final int TEST = 20;
    static final int STEPS = 4; // an epoch's

    private TinyRuns() {}

    /** A data folder with so many training images of noise, all labels in turn. */
    static Path data(Path folder, int train) throws IOException {
        Files.createDirectories(folder);
        Files.write(folder.resolve("data_batch_1.bin"), records(train));
        Files.write(folder.resolve("test_batch.bin"), records(TEST));
        return folder;
    }

    static Path data(Path folder) throws IOException {
        return data(folder, TRAIN);
    }

    static byte[] records(int count) {
        byte[] bytes = new byte[count * RECORD];
        new Random(count).nextBytes(bytes);
        for (int record = 0; record < count; record++) {
            bytes[record * RECORD] = (byte) (record % 10);
        }
        return bytes;
    }

    /** Writes an image of a data folder's test set as a PNG file. */
    static void writeTestImage(Path data, int index, Path file) throws IOException {
        byte[] records = Files.readAllBytes(data.resolve("test_batch.bin"));
        BufferedImage image = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
        for (int pixel = 0; pixel < 1024; pixel++) {
            int at = index * RECORD + 1 + pixel;
            int colour = (records[at] & 0xff) << 16 | (records[at + 1024] & 0xff) << 8 | (records[at + 2048] & 0xff);
            image.setRGB(pixel % 32, pixel / 32, colour);
        }
        ImageIO.write(image, "png", file.toFile());
    }

    /** {@code train} on a data folder with everything small, and further options. */
    static Object[] train(Path data, Path out, Object... options) {
        List<Object> line = new ArrayList<>(List.of("train", "--data", data, "--backbone", "random"));
        line.addAll(List.of("--threads", 1, "--out", out));
        line.addAll(Arrays.asList(options));
        if (!line.contains("--lr")) {
            line.addAll(List.of("--lr", "0.01"));
        }
        if (!line.contains("--batch-size")) {
            line.addAll(List.of("--batch-size", TRAIN / STEPS));
        }
        return line.toArray();
    }

    /** {@link #train}, on the layers of a backbone up to a cut. */
    static Object[] trainOn(Path backbone, String cut, Path data, Path out, Object... options) {
        List<Object> line = new ArrayList<>(Arrays.asList(train(data, out, options)));
        line.set(line.indexOf("random"), backbone);
        line.addAll(List.of("--cut", cut));
        return line.toArray();
    }

    /** What {@code eval} writes about a network. */
    static JsonNode eval(Path model, Path data) throws IOException {
        Path file = Files.createTempFile("eval", ".json");
        try {
            CommandResult.ofSuccess("eval", "--model", model, "--data", data, "--json", file);
            return new ObjectMapper().readTree(file.toFile());
        } finally {
            Files.delete(file);
        }
    }

    /** Two checkpoints with the same network, optimizer, epoch and step, to the bit. */
    static void assertSame(Path expected, Path actual) {
        NativeRuntime.load();
        try (Checkpoint one = Checkpoint.read(expected);
                Checkpoint other = Checkpoint.read(actual)) {
            assertEquals(one.epoch(), other.epoch());
            assertEquals(one.step(), other.step());
            assertEquals(one.bestAccuracy(), other.bestAccuracy());
            TensorAssert.assertIdentical(one.model(), other.model());
            assertEquals(one.optimizer().get("param_groups"), other.optimizer().get("param_groups"));
        }
    }

    /** The step that a checkpoint was taken at. */
    static long step(Path checkpoint) {
        NativeRuntime.load();
        try (Checkpoint read = Checkpoint.read(checkpoint)) {
            return read.step();
        }
    }
}
