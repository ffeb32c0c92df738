package dynafilter.report.page;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dynafilter.io.JsonFile;
import dynafilter.model.Scores;
import dynafilter.report.RunFacts;
import dynafilter.report.figure.Example;
import dynafilter.report.figure.Findings;
import dynafilter.report.figure.Grid;
import dynafilter.report.figure.PixelImage;
import dynafilter.report.figure.ResponseMaps;
import dynafilter.runfolder.EpochResult;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.Recipes;
import dynafilter.runfolder.RunConfig;
import dynafilter.runfolder.RunDirectory;
import dynafilter.train.TestEvaluations;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.xml.sax.SAXException;

/** Runs, findings and comparisons out of thin air, for pages that need no network. */
final class SampleRuns {
    /** A class name with everything that HTML, attributes, scripts and JSON could take amiss. */
    static final String HOSTILE = "<b>\"&'</script><!--\\";

    private static final int SIDE = 8;
    private static final int IMAGES = 20; // of a class

    private SampleRuns() {}

    static List<String> classes(int count) {
        return IntStream.range(0, count)
                .mapToObj(label -> label == 1 ? HOSTILE : "label " + label)
                .toList();
    }

    static RunFacts run(Path folder, int epochs) {
        return run(folder, epochs, "test");
    }

    static RunFacts run(Path folder, int epochs, String selection) {
        ObjectNode config = new JsonMapper().createObjectNode();
        config.set("recipe", new JsonMapper().valueToTree(Recipes.toMap(Recipe.DEFAULT)));
        config.putObject("data")
                .put("name", "made & up")
                .put("sha256", "0".repeat(64))
                .put("training_images", 4000)
                .put("test_images", 200)
                .put("selected_on", selection);
        config.putObject("network").put("trained_parameters", 212481).put("backbone", "ResNet-18 up to layer1");
        config.putObject("environment")
                .put("device", "cpu")
                .put("name", "a CPU")
                .put("threads", 2);
        List<EpochResult> history = new ArrayList<>();
        for (int epoch = 1; epoch <= epochs; epoch++) {
            double accuracy = epoch == 3 ? 0.1 : 0.9 - 0.8 / epoch; // the third is a bad one
            history.add(new EpochResult(
                    epoch,
                    10L * epoch,
                    0.3 / epoch,
                    2.0 / epoch,
                    accuracy - 0.05,
                    2.2 / epoch,
                    accuracy,
                    epoch != 3,
                    2,
                    1900 + epoch));
        }
        return new RunFacts(new RunDirectory(folder), document(config, RunConfig.class), Recipe.DEFAULT, history);
    }

    /** @param filters as many as classes, or one for all */
    static Findings findings(int classes, int filters) {
        Random random = new Random(classes);
        List<String> names = classes(classes);
        long[][] confusion = new long[classes][classes];
        List<Example> examples = new ArrayList<>();
        double[][] similarity = new double[filters][filters];
        for (int label = 0; label < classes; label++) {
            int other = (label + 1) % classes;
            long wrong = 1L + label % 5;
            confusion[label][label] = IMAGES - wrong;
            confusion[label][other] = wrong;
            examples.add(example(2L * label, label, label, names, filters, random));
            if (label != 2) { // of which no image is wrong
                examples.add(example(2L * label + 1, label, other, names, filters, random));
            }
        }
        for (int one = 0; one < filters; one++) {
            for (int two = 0; two <= one; two++) {
                similarity[one][two] = one == two ? 1 : 2 * random.nextDouble() - 1;
                similarity[two][one] = similarity[one][two];
            }
        }
        return new Findings(
                "made & up",
                "0".repeat(64),
                "test images",
                names,
                TestEvaluations.of(0.4321, confusion),
                examples,
                similarity.length == 1 ? List.of("all labels") : names,
                similarity,
                null,
                null,
                null);
    }

    private static Example example(
            long index, int label, int predicted, List<String> classes, int filters, Random random) {
        float[] logits = new float[classes.size()];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = i == predicted ? 5 : random.nextFloat();
        }
        List<Grid> maps =
                IntStream.range(0, filters).mapToObj(filter -> map(random)).toList();
        int[] rgb = random.ints(32 * 32, 0, 1 << 24).toArray();
        return new Example(
                index,
                new ResponseMaps(
                        "image " + index, new PixelImage(32, 32, rgb), classes, maps, new Scores(logits), label));
    }

    private static Grid map(Random random) {
        float[] values = new float[SIDE * SIDE];
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextFloat() - 0.5f;
        }
        return new Grid(SIDE, SIDE, values);
    }

    /** A comparison.json of these variants, two seeds each, all of whose numbers differ. */
    static ObjectNode comparison(String... variants) {
        ObjectNode json = new JsonMapper().createObjectNode();
        json.put("format", "dynafilter-comparison/1").put("complete", true).put("selection", "test");
        json.putArray("seeds").add(0).add(1);
        json.set("recipe", new JsonMapper().valueToTree(Recipes.toMap(Recipe.DEFAULT)));
        json.putObject("data")
                .put("name", "made & up")
                .put("sha256", "0".repeat(64))
                .put("training_images", 4000)
                .put("test_images", 200);
        json.putObject("environment").put("device", "cpu").put("name", "a CPU").put("threads", 2);
        json.put("command", "dynafilter compare --variants " + String.join(",", variants));
        json.putArray("thresholds").add(0.5).add(0.75);
        ArrayNode all = json.putArray("variants");
        for (int i = 0; i < variants.length; i++) {
            ObjectNode variant = all.addObject().put("name", variants[i]).put("parameters", 1000 + i);
            variant.putObject("changes").put("filters", variants[i]);
            ArrayNode runs = variant.putArray("runs");
            for (int seed = 0; seed < 2; seed++) {
                comparedRun(runs.addObject(), "runs/v" + i + "-seed" + seed, seed, 0.8 - 0.1 * i + 0.01 * seed);
            }
            for (String measure : List.of("test_accuracy", "best_accuracy", "final_accuracy")) {
                variant.putObject(measure)
                        .put("mean", 0.805 - 0.1 * i)
                        .put("std", 0.0071)
                        .put("n", 2);
            }
        }
        ObjectNode difference = json.putArray("differences").addObject();
        difference
                .put("a", variants[0])
                .put("b", variants[1])
                .put("measure", "test_accuracy")
                .put("pairs", 2);
        difference.put("difference", 0.1).put("p", 0.0123).putNull("p_adjusted");
        difference.putArray("confidence_95").add(0.05).add(0.15);
        difference.put("significant", true).put("text", "The first & the second <differ>, says this sentence.");
        return json;
    }

    private static void comparedRun(ObjectNode run, String folder, int seed, double accuracy) {
        run.put("seed", seed).put("folder", folder).put("epochs", 3).put("best_epoch", 3);
        run.put("test_accuracy", accuracy).put("test_loss", 1 - accuracy).put("images_per_second", 1000 + seed);
        run.putObject("epochs_to").put("0.5", 2).putNull("0.75");
        if (seed == 0) {
            run.put("peak_memory_bytes", 5 << 20);
        } else {
            run.putNull("peak_memory_bytes");
        }
        ArrayNode curve = run.putArray("curve");
        for (int epoch = 1; epoch <= 3; epoch++) {
            double reached = accuracy * epoch / 3;
            curve.addObject()
                    .put("epoch", epoch)
                    .put("accuracy", reached)
                    .put("loss", 1 - reached)
                    .put("train_accuracy", reached)
                    .put("train_loss", 1 - reached)
                    .put("seconds", 30);
        }
    }

    /** A document as a file of it is read. */
    static <T> T document(ObjectNode json, Class<T> type) {
        return JsonFile.parse(json.toString().getBytes(StandardCharsets.UTF_8), type, "made", "make it anew");
    }

    /** A page as XML reads it. */
    static Document parsed(String html) {
        try {
            return DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new ByteArrayInputStream(html.getBytes(StandardCharsets.UTF_8)));
        } catch (ParserConfigurationException | SAXException | IOException broken) {
            throw new AssertionError("not well-formed", broken);
        }
    }
}
