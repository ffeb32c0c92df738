package dynafilter.cli;

import static dynafilter.TensorAssert.assertClose;
import static dynafilter.TensorAssert.difference;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dynafilter.Python;
import dynafilter.checkpoint.Checkpoint;
import dynafilter.data.cifar.Cifar10;
import dynafilter.data.words.WordVectors;
import dynafilter.model.NetworkShape;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Random;
import javax.imageio.ImageIO;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelVectorsRunTest {
    private static final int SIZE = 20;

    @TempDir
    private static Path folder;

    private static Path data;
    private static Path vectors;
    private static Path frozen;

    @BeforeAll
    static void trainOnFixedLabels() throws IOException {
        data = TinyRuns.data(folder.resolve("data"));
        vectors = folder.resolve("vectors.txt");
        Random random = new Random(1);
        StringBuilder text = new StringBuilder();
        for (String name : Cifar10.CLASSES) {
            text.append(name.toUpperCase(Locale.ROOT));
            random.doubles(SIZE).forEach(value -> text.append(' ').append((float) (value - 0.4)));
            text.append('\n');
        }
        text.append("seal").append(" 0.25".repeat(SIZE)).append('\n');
        Files.writeString(vectors, text);
        frozen = folder.resolve("frozen");
        CommandResult outcome = CommandResult.ofSuccess(TinyRuns.train(
                data,
                frozen,
                "--label-vectors",
                vectors,
                "--freeze-labels",
                "--epochs",
                2,
                "--max-steps",
                TinyRuns.STEPS));
        assertTrue(
                outcome.out().contains("labels from " + vectors + ", embeddings of 20 numbers, frozen"), outcome.out());
    }

    private static Tensor expected() {
        return WordVectors.read(vectors.toString(), Cifar10.CLASSES).scaled();
    }

    @Test
    void frozenLabelsAreTheVectorsAndEverythingElseTrains() throws IOException {
        try (PointerScope scope = new PointerScope();
                Checkpoint checkpoint = Checkpoint.read(frozen.resolve("last.pt"))) {
            Tensor embedding = checkpoint.model().get(NetworkShape.EMBEDDING);
            assertArrayEquals(new long[] {10, SIZE}, embedding.shape());
            assertEquals(0, difference(expected(), embedding));
            assertEquals(true, checkpoint.recipe().get("freeze_labels"));
            assertEquals(vectors.toString(), checkpoint.recipe().get("label_vectors"));
            assertArrayEquals(
                    new long[] {256, SIZE},
                    checkpoint.model().get("generator.0.weight").shape());
        }
        assertEquals(SIZE, labelVectors(frozen).path("size").asInt());
        assertEquals(
                WordVectors.read(vectors.toString(), Cifar10.CLASSES).sha256(),
                labelVectors(frozen).path("sha256").asText());
    }

    private static JsonNode labelVectors(Path run) throws IOException {
        return new ObjectMapper().readTree(run.resolve("config.json").toFile()).get("label_vectors");
    }

    @Test
    void withoutFreezingTheyOnlyStartThere() {
        Path run = folder.resolve("started");
        CommandResult.ofSuccess(TinyRuns.train(data, run, "--label-vectors", vectors, "--epochs", 1, "--max-steps", 1));
        try (PointerScope scope = new PointerScope();
                Checkpoint checkpoint = Checkpoint.read(run.resolve("last.pt"))) {
            Tensor embedding = checkpoint.model().get(NetworkShape.EMBEDDING);
            assertTrue(difference(expected(), embedding) > 0);
            assertClose(expected(), embedding, 0.05, "embedding");
        }
    }

    @Test
    void suchARunGoesOnHereAndInPythonWithoutTheFile() throws IOException {
        Path away = folder.resolve("away.txt");
        Files.move(vectors, away);
        try {
            CommandResult.ofSuccess("train", "--resume", frozen, "--threads", 1, "--out", folder.resolve("on"));
            assertEquals(labelVectors(frozen), labelVectors(folder.resolve("on")));
            Path there = folder.resolve("there");
            Python.withTorch()
                    .runFile(
                            Path.of("scripts/pytorch_reference.py"),
                            "train",
                            "--resume",
                            frozen.resolve("last.pt"),
                            "--out",
                            there,
                            "--device",
                            "cpu",
                            "--threads",
                            1);
            Files.move(away, vectors);
            try (PointerScope scope = new PointerScope();
                    Checkpoint here = Checkpoint.read(folder.resolve("on").resolve("last.pt"));
                    Checkpoint python = Checkpoint.read(there.resolve("last.pt"))) {
                assertEquals(2 * TinyRuns.STEPS, here.step());
                assertEquals(2 * TinyRuns.STEPS, python.step());
                assertEquals(0, difference(expected(), here.model().get(NetworkShape.EMBEDDING)));
                assertEquals(0, difference(expected(), python.model().get(NetworkShape.EMBEDDING)));
                assertEquals(true, python.recipe().get("freeze_labels"));
            }
            CommandResult.of("train", "--resume", there, "--epochs", 3, "--threads", 1, "--label-vectors", "other.txt")
                    .assertRefused("--label-vectors", "leave the option out to resume it");
        } finally {
            if (Files.exists(away)) {
                Files.move(away, vectors);
            }
        }
    }

    @Test
    void aNewLabelMayStartFromItsWord() throws IOException {
        Path image = folder.resolve("seal.png");
        BufferedImage grey = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
        ImageIO.write(grey, "png", image.toFile());
        Path out = folder.resolve("extended.pt");
        CommandResult.ofSuccess(
                "extend",
                "--model",
                frozen.resolve("best.pt"),
                "--label",
                "Seal",
                "--images",
                image,
                "--steps",
                1,
                "--label-vectors",
                vectors,
                "--out",
                out,
                "--threads",
                1);
        try (PointerScope scope = new PointerScope();
                Checkpoint checkpoint = Checkpoint.read(out)) {
            Tensor row = checkpoint.model().get(NetworkShape.EMBEDDING).narrow(0, 10, 1);
            assertEquals(1, row.mean().item_double(), 0.06); // a vector of equal numbers has mean square one as ones
        }
        Path script = folder.resolve("model.ts.pt");
        CommandResult.ofSuccess("export", "--model", out, "--out", script);
        CommandResult.ofSuccess("predict", "--model", script, image);
    }

    @Test
    void refusesWhatHasNoEmbeddingsAndNamesWithoutVectors() throws IOException {
        CommandResult.of("train", "--data", data, "--filters", "static", "--freeze-labels")
                .assertRefused("--freeze-labels: only filters that are made of labels, such as --filters dynamic, have"
                        + " embeddings, not static");
        CommandResult.of("train", "--data", data, "--filters", "single", "--label-vectors", vectors)
                .assertRefused("--label-vectors: only filters that are made of labels");
        Path few = folder.resolve("few.txt");
        Files.writeString(few, "cat 1 2\n");
        CommandResult.of(TinyRuns.train(data, folder.resolve("none"), "--label-vectors", few))
                .assertRefused("has no vector for airplane, automobile, bird");
    }
}
