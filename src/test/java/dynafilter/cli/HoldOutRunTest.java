package dynafilter.cli;

import static dynafilter.TensorAssert.assertIdentical;
import static dynafilter.TensorAssert.assertWithin;
import static dynafilter.TensorAssert.difference;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dynafilter.Python;
import dynafilter.checkpoint.Checkpoint;
import dynafilter.data.cifar.Cifar10;
import dynafilter.data.words.WordVectors;
import dynafilter.model.NetworkShape;
import dynafilter.torchfile.TorchFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HoldOutRunTest {
    private static final int SIZE = 12;
    private static final List<String> UNSEEN = List.of("cat", "truck");
    private static final List<String> ACCURACIES =
            List.of("unseen_among_unseen", "unseen_among_all", "seen_among_seen", "seen_among_all", "harmonic_mean");

    /** Scores as eval does, and judges the jar's scores, which are of the seen labels' images first. */
    private static final String PYTHON = """
            import json, sys, torch
            sys.dont_write_bytecode = True
            sys.path.insert(0, sys.argv[1])
            import pytorch_reference as reference
            for model in sys.argv[3:]:
                arguments = reference.parse(["eval", "--model", model, "--data", sys.argv[2], "--device", "cpu", "--threads",
                                             "1", "--json", model + ".json", "--scores", model + ".python"])
                arguments.run(arguments)
                here, there = torch.load(model + ".java"), torch.load(model + ".python")
                result = json.load(open(model + ".json"))
                held_out = torch.load(model)["held_out"]["labels"]
                unseen = torch.tensor([name in held_out for name in result["classes"]])
                order = unseen[there["labels"]].int().argsort(stable=True)
                assert torch.equal(there["labels"][order], here["labels"])
                result["difference"] = (there["scores"][order] - here["scores"]).abs().max().item()
                result["judged"] = reference.zero_shot(here["scores"], here["labels"], unseen)
                json.dump(result, open(model + ".json", "w"))
            """;

    @TempDir
    private static Path folder;

    private static Path data;
    private static Path vectors;
    private static Path run;
    private static JsonNode outcome;

    @BeforeAll
    static void trainWithoutTwoLabels() throws IOException {
        data = TinyRuns.data(folder.resolve("data"), 80);
        Files.write(data.resolve("test_batch.bin"), TinyRuns.records(200));
        vectors = folder.resolve("vectors.txt");
        writeVectors(vectors, 1);
        run = folder.resolve("run");
        CommandResult result = train(run, "truck, Cat", "--epochs", 2, "--json", folder.resolve("outcome.json"));
        outcome = json(folder.resolve("outcome.json"));
        assertTrue(result.out().contains("held out of training: [cat, truck]"), result.out());
        assertTrue(result.out().contains("among the 2 unseen labels"), result.out());
    }

    private static void writeVectors(Path file, int seed) throws IOException {
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder();
        List<String> words = new ArrayList<>(Cifar10.CLASSES);
        words.add("otter");
        for (String word : words) {
            text.append(word);
            random.doubles(SIZE).forEach(value -> text.append(' ').append((float) (value - 0.5)));
            text.append('\n');
        }
        Files.writeString(file, text);
    }

    private static CommandResult train(Path out, String heldOut, Object... options) {
        List<Object> all =
                new ArrayList<>(List.of("--hold-out", heldOut, "--label-vectors", vectors, "--freeze-labels"));
        all.addAll(List.of(options));
        return CommandResult.ofSuccess(TinyRuns.train(data, out, all.toArray()));
    }

    private static JsonNode json(Path file) throws IOException {
        return new ObjectMapper().readTree(file.toFile());
    }

    private static JsonNode eval(Path model, Object... options) throws IOException {
        Path file = folder.resolve("eval.json");
        List<Object> line = new ArrayList<>(List.of("eval", "--model", model, "--threads", 1, "--json", file));
        line.addAll(List.of(options));
        CommandResult.ofSuccess(line.toArray());
        return json(file);
    }

    private static Path extend(Path model, String label, Path out, Object... options) {
        List<Object> line = new ArrayList<>(List.of("extend", "--model", model, "--label", label));
        line.addAll(List.of("--label-vectors", vectors, "--out", out, "--threads", 1));
        line.addAll(List.of(options));
        CommandResult.ofSuccess(line.toArray());
        return out;
    }

    @Test
    void trainingSeesNoImageOfTheLabelsAndTheCheckpointHasTheirVectors() throws IOException {
        JsonNode config = json(run.resolve("config.json"));
        assertEquals(64, config.path("data").path("training_images").asInt());
        assertEquals(160, config.path("data").path("test_images").asInt());
        assertEquals(8, config.path("data").path("classes").size());
        assertEquals("[\"cat\",\"truck\"]", config.path("data").path("held_out").toString());
        assertEquals("truck, Cat", config.path("recipe").path("hold_out").asText());
        try (PointerScope scope = new PointerScope();
                Checkpoint checkpoint = Checkpoint.read(run.resolve("last.pt"))) {
            Map<?, ?> entry = (Map<?, ?>) checkpoint.extra().get("held_out");
            assertEquals(UNSEEN, entry.get("labels"));
            assertIdentical(
                    WordVectors.read(vectors.toString(), UNSEEN).scaled(), (Tensor) entry.get("vectors"), "vectors");
            assertEquals(8, checkpoint.model().get(NetworkShape.EMBEDDING).size(0));
            assertFalse(checkpoint.classes().contains("cat"));
            assertEquals(
                    0,
                    difference(
                            WordVectors.read(vectors.toString(), checkpoint.classes())
                                    .scaled(),
                            checkpoint.model().get(NetworkShape.EMBEDDING)));
        }
    }

    @Test
    void evalTellsWhatTheRunTold() throws IOException {
        JsonNode evaluated = eval(run.resolve("best.pt"));
        assertEquals(outcome.get("zero_shot"), evaluated.get("zero_shot"));
        assertEquals(200, evaluated.get("images").asInt());
        assertEquals(10, evaluated.get("classes").size());
        assertEquals(40, evaluated.get("zero_shot").get("unseen_images").asInt());
    }

    @Test
    void pythonFindsTheSameAccuraciesForEveryKindOfFilters() throws IOException {
        Python python = Python.withTorch();
        List<Path> models = new ArrayList<>();
        for (String filters : List.of("dynamic --filter-heads 2 --filter-size 3", "conditional", "basis", "local")) {
            Path out = folder.resolve(filters.replace(' ', '-'));
            List<Object> options = new ArrayList<>(List.of("--epochs", 1, "--ema", "0.5", "--filters"));
            options.addAll(List.of(filters.split(" ")));
            train(out, "cat,truck", options.toArray());
            models.add(out.resolve("best.pt"));
        }
        List<JsonNode> told = new ArrayList<>();
        for (Path model : models) {
            told.add(eval(model, "--scores", model + ".java"));
        }
        List<Object> arguments = new ArrayList<>(List.of(Path.of("scripts"), data));
        arguments.addAll(models);
        python.run(PYTHON, arguments.toArray());
        for (int i = 0; i < models.size(); i++) {
            JsonNode here = told.get(i);
            JsonNode there = json(Path.of(models.get(i) + ".json"));
            assertEquals(there.get("classes"), here.get("classes"));
            assertEquals(there.get("loss").asDouble(), here.get("loss").asDouble(), 1e-4);
            assertEquals(0, there.get("difference").asDouble(), 1e-4);
            for (String accuracy : ACCURACIES) {
                double value = here.get("zero_shot").get(accuracy).asDouble();
                assertEquals(there.get("judged").get(accuracy).asDouble(), value, 1e-9, accuracy);
                // Scores that are equal but for rounding may decide an image or two otherwise.
                assertEquals(there.get("zero_shot").get(accuracy).asDouble(), value, 0.06, accuracy);
            }
        }
    }

    @Test
    void aRunThatGoesOnIsTheOneThatWasNeverStopped() throws IOException {
        Path stopped = folder.resolve("stopped");
        train(stopped, "truck, Cat", "--epochs", 2, "--max-steps", 5);
        Path away = folder.resolve("away.txt");
        Files.move(vectors, away);
        try {
            CommandResult result = CommandResult.ofSuccess("train", "--resume", stopped, "--threads", 1);
            assertTrue(result.out().contains("among the 2 unseen labels"), result.out());
        } finally {
            Files.move(away, vectors);
        }
        TinyRuns.assertSame(run.resolve("last.pt"), stopped.resolve("last.pt"));
        try (PointerScope scope = new PointerScope();
                Checkpoint one = Checkpoint.read(run.resolve("last.pt"));
                Checkpoint other = Checkpoint.read(stopped.resolve("last.pt"))) {
            Map<?, ?> expected = (Map<?, ?>) one.extra().get("held_out");
            Map<?, ?> actual = (Map<?, ?>) other.extra().get("held_out");
            assertEquals(expected.get("labels"), actual.get("labels"));
            assertIdentical((Tensor) expected.get("vectors"), (Tensor) actual.get("vectors"), "vectors");
        }
        CommandResult.of("train", "--resume", stopped, "--epochs", 3, "--hold-out", "cat")
                .assertRefused("trained with --hold-out truck, Cat, not cat; leave the option out");
    }

    @Test
    void labelsMadeOfTheirWordsHaveTheScoresOfTheUnseenOnes() throws IOException {
        Path model = run.resolve("best.pt");
        Path both = extend(extend(model, "cat", folder.resolve("one.pt")), "truck", folder.resolve("both.pt"));
        Path expected = folder.resolve("expected.pt");
        Path actual = folder.resolve("actual.pt");
        JsonNode before = eval(model, "--scores", expected);
        JsonNode after = eval(both, "--scores", actual);
        assertEquals(before.get("zero_shot"), after.get("zero_shot"));
        assertEquals(before.get("confusion"), after.get("confusion"));
        try (PointerScope scope = new PointerScope()) {
            Map<?, ?> one = (Map<?, ?>) TorchFile.read(expected);
            Map<?, ?> other = (Map<?, ?>) TorchFile.read(actual);
            assertWithin(1e-5, (Tensor) one.get("scores"), (Tensor) other.get("scores"), "scores");
            assertIdentical((Tensor) one.get("labels"), (Tensor) other.get("labels"), "labels");
        }
        Path script = folder.resolve("both.ts.pt");
        CommandResult.ofSuccess("export", "--model", both, "--out", script);
        assertEquals(before.get("accuracy"), eval(script, "--data", data).get("accuracy"));
    }

    @Test
    void aNewWordIsAnsweredForByTestImagesAndTheOldLabelsImages() throws IOException {
        Path image = folder.resolve("otter.png");
        TinyRuns.writeTestImage(data, 3, image);
        Path report = folder.resolve("otter.json");
        extend(
                run.resolve("best.pt"),
                "otter",
                folder.resolve("otter.pt"),
                "--test-images",
                image,
                "--against",
                data,
                "--json",
                report);
        JsonNode told = json(report);
        assertEquals(0, told.get("images").asInt());
        assertTrue(told.get("old_scores_identical").asBoolean());
        assertEquals(1, told.get("tested").get("images").asInt());
        assertEquals(160, told.get("old_labels").get("images").asInt());
        assertEquals("[\"cat\",\"truck\"]", told.get("against").get("left_out").toString());
        assertFalse(told.has("learned_from"));
        CommandResult.ofSuccess("maps", "--model", folder.resolve("otter.pt"), image, "--out", folder.resolve("m.png"));
    }

    @Test
    void whatNeedsOnlyTheNetworksOwnLabelsTakesTheWholeDataSet() throws IOException {
        Path figure = folder.resolve("maps.png");
        CommandResult.ofSuccess("maps", "--model", run.resolve("best.pt"), "--index", 1, "--out", figure);
        Path numbers = folder.resolve("report.json");
        CommandResult.ofSuccess("report", run, "--json", numbers);
        assertEquals(outcome.get("zero_shot"), json(numbers).get("test").get("zero_shot"));
        assertEquals(8, json(numbers).get("test").get("classes").size());
        assertTrue(Files.readString(run.resolve("report.html")).contains("Labels never seen"));
    }

    @Test
    void aComparisonHasTheAccuraciesOfItsRuns() throws IOException {
        Path out = folder.resolve("compared");
        CommandResult result = CommandResult.ofSuccess(
                "compare",
                "--data",
                data,
                "--backbone",
                "random",
                "--threads",
                1,
                "--batch-size",
                16,
                "--epochs",
                1,
                "--hold-out",
                "cat,truck",
                "--label-vectors",
                vectors,
                "--freeze-labels",
                "--variants",
                "dynamic,local",
                "--seeds",
                1,
                "--out",
                out);
        assertTrue(result.out().contains("Labels that training held out"), result.out());
        JsonNode variants = json(out.resolve("comparison.json")).get("variants");
        List<String> rows = Files.readAllLines(out.resolve("comparison.csv"));
        assertTrue(rows.get(0).endsWith("seen_among_seen,seen_among_all,harmonic_mean"), rows.get(0));
        for (int i = 0; i < 2; i++) {
            JsonNode one = variants.get(i).get("runs").get(0);
            assertEquals(
                    json(out.resolve(one.get("folder").asText()).resolve("result.json"))
                            .get("zero_shot"),
                    one.get("zero_shot"));
            assertTrue(rows.get(1 + i)
                    .endsWith("," + one.get("zero_shot").get("harmonic_mean").asText()));
        }
        CommandResult.ofSuccess("report", out);
        assertTrue(Files.readString(out.resolve("report.html")).contains("Labels that were never seen"));
        CommandResult.of("compare", "--variants", "dynamic:hold-out=cat").assertRefused("all variants share hold-out");
    }

    /** Of a set that is not split: all images of the held-out labels, and those that the run held out of the others. */
    @Test
    void picturesWithoutATestSetAreTestedAsInTheRun() throws IOException {
        Path pictures = folder.resolve("pictures");
        for (int i = 0; i < 20; i++) {
            Path label = Files.createDirectories(pictures.resolve(Cifar10.CLASSES.get(i % 4)));
            TinyRuns.writeTestImage(data, i, label.resolve(i + ".png"));
        }
        Path out = folder.resolve("of-pictures");
        Path told = folder.resolve("of-pictures.json");
        CommandResult.ofSuccess(TinyRuns.train(
                pictures,
                out,
                "--hold-out",
                "bird",
                "--label-vectors",
                vectors,
                "--freeze-labels",
                "--val-split",
                "0.4",
                "--batch-size",
                4,
                "--epochs",
                1,
                "--json",
                told));
        JsonNode evaluated = eval(out.resolve("best.pt"));
        assertEquals(json(told).get("zero_shot"), evaluated.get("zero_shot"));
        assertEquals(5, evaluated.get("zero_shot").get("unseen_images").asInt());
        assertEquals(6, evaluated.get("zero_shot").get("seen_images").asInt());
    }

    /** Weights alone have no held-out labels: their word vectors are read again. */
    @Test
    void aNewRunThatBeginsWithWeightsHoldsTheSameLabelsOut() throws IOException {
        CommandResult.ofSuccess("export", "--model", run.resolve("best.pt"), "--format", "safetensors");
        Path out = folder.resolve("again");
        Path told = folder.resolve("again.json");
        CommandResult.ofSuccess(
                "train",
                "--resume",
                run.resolve("safetensors").resolve("model.safetensors"),
                "--out",
                out,
                "--threads",
                1,
                "--epochs",
                1,
                "--json",
                told);
        assertEquals(2, json(told).get("zero_shot").get("unseen_labels").size());
        assertEquals(json(told).get("zero_shot"), eval(out.resolve("best.pt")).get("zero_shot"));
    }

    @Test
    void whatCannotBeHeldOutIsRefused() {
        Path out = folder.resolve("refused");
        refuse(out, "otter", "--hold-out otter: CIFAR-10 has no label otter, only [airplane,");
        refuse(out, "cat,,dog", "--hold-out cat,,dog: a name is empty");
        String all = String.join(",", Cifar10.CLASSES);
        refuse(out, all, "leaves 0 of the 10 labels of CIFAR-10 to train on; hold out fewer");
        refuse(out, String.join(",", Cifar10.CLASSES.subList(1, 10)), "leaves 1 of the 10 labels");
        CommandResult.of("train", "--data", data, "--hold-out", "cat", "--label-vectors", vectors)
                .assertRefused(
                        "--hold-out cat: filters of labels that were never seen are made of their word vectors; add"
                                + " --label-vectors FILE and --freeze-labels");
        CommandResult.of("train", "--data", data, "--hold-out", "cat", "--filters", "static")
                .assertRefused("--hold-out cat: only filters that are made of labels");
    }

    private static void refuse(Path out, String labels, String message) {
        CommandResult.of(TinyRuns.train(data, out, "--hold-out", labels, "--label-vectors", vectors, "--freeze-labels"))
                .assertRefused(message);
        assertFalse(Files.exists(out));
    }

    @Test
    void aWordAloneNeedsANetworkOfWordsAndTheirFile() throws IOException {
        Path other = folder.resolve("other");
        CommandResult.ofSuccess(
                TinyRuns.train(data, other, "--label-vectors", vectors, "--epochs", 1, "--max-steps", 1));
        Path out = folder.resolve("none.pt");
        CommandResult.of(word(other.resolve("last.pt"), vectors, out))
                .assertRefused(
                        "was not trained with --label-vectors and --freeze-labels: its labels are no longer word"
                                + " vectors",
                        "give --images of it, too");
        Path wrong = folder.resolve("wrong.txt");
        writeVectors(wrong, 2);
        CommandResult.of(word(run.resolve("best.pt"), wrong, out))
                .assertRefused("has another vector for airplane than");
        CommandResult.of("extend", "--model", run.resolve("best.pt"), "--label", "otter", "--out", out)
                .assertRefused("option --images is missing", "or --label-vectors FILE");
        List<Object> steps = new ArrayList<>(List.of(word(run.resolve("best.pt"), vectors, out)));
        steps.addAll(List.of("--steps", 3));
        CommandResult.of(steps.toArray()).assertRefused("--steps is about learning from --images");
        assertFalse(Files.exists(out));
    }

    private static Object[] word(Path model, Path vectors, Path out) {
        return new Object[] {"extend", "--model", model, "--label", "otter", "--label-vectors", vectors, "--out", out};
    }
}
