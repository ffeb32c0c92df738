package dynafilter.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dynafilter.Pictures;
import dynafilter.data.SampleSet;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Whoever reads the program's files finds tomorrow what was there yesterday, to the byte. */
@EnabledOnOs(OS.LINUX) // elsewhere paths, ends of lines and what is known of the memory read otherwise
class WrittenDocumentsTest {
    private static final String[] CLASSES = SampleSet.CLASSES.toArray(String[]::new);

    @TempDir
    private static Path folder;

    private static GoldenFiles written;
    private static Path plain;
    private static Path pictures; // of the sample set's classes

    @BeforeAll
    static void trainAPlainRun() throws IOException {
        written = new GoldenFiles(folder);
        pictures = pictures("pictures", 32);
        plain = folder.resolve("plain");
        CommandResult outcome = done(train(plain, "--threads", 1, "--json", folder.resolve("plain.json")));
        written.log("plain-stdout.txt", outcome.out());
    }

    /** Two to train on and one to test on a class, of the size that is asked for: what scaling gives differs in bits. */
    private static Path pictures(String name, int size) throws IOException {
        Path root = folder.resolve(name);
        for (String label : CLASSES) {
            for (String file :
                    List.of("train/" + label + "/0.png", "train/" + label + "/1.png", "test/" + label + "/2.png")) {
                Pictures.picture(root.resolve(file), BufferedImage.TYPE_INT_RGB, size, size, file.hashCode());
            }
        }
        return root;
    }

    private static Object[] train(Path out, Object... options) {
        return with(
                new Object[] {
                    "train",
                    "--data",
                    "sample",
                    "--backbone",
                    "random",
                    "--limit-train",
                    64,
                    "--limit-test",
                    20,
                    "--epochs",
                    2,
                    "--batch-size",
                    16,
                    "--progress",
                    "none",
                    "--out",
                    out
                },
                options);
    }

    private static Object[] with(Object[] line, Object... more) {
        return Stream.concat(Arrays.stream(line), Arrays.stream(more)).toArray();
    }

    /** Runs a command on the CPU that must succeed; on a busy machine its progress may be on stderr. */
    private static CommandResult done(Object... line) {
        CommandResult outcome = CommandResult.of(with(line, "--device", "cpu"));
        assertEquals(0, outcome.code(), outcome.err());
        return outcome;
    }

    @Test
    void aPlainRun() throws IOException {
        written.json("plain-config.json", plain.resolve("config.json"), GoldenFiles.MEASURED);
        written.history("plain-history.csv", plain.resolve("history.csv"));
        written.log("plain-train-log.txt", Files.readString(plain.resolve("train.log")));
        written.json("plain-outcome.json", folder.resolve("plain.json"), GoldenFiles.MEASURED);
        written.checkpoint("plain-last.txt", plain.resolve("last.pt"));
    }

    @Test
    void aRunOfManySettings() throws IOException {
        Path run = folder.resolve("many");
        Path json = folder.resolve("many.json");
        String settings = "--threads 2 --accumulate 2 --optimizer adamw --lr 0.002 --momentum 0.85 --weight-decay 0.01"
                + " --schedule cosine --warmup 0.25 --label-smoothing 0.05 --no-augment --clip-grad 1.5 --seed 7"
                + " --max-steps 1000 --max-minutes 90.5 --early-stop 5 --val-split 0.25 --ema 0.9 --deterministic"
                + " --class-weights balanced --filters static --freeze all-but-bn --adapter --skip-bad --sync-batchnorm"
                + " --data-memory stream --cut layer1 --image-size 32 --precision fp32 --cuda-graph off";
        done(with(train(run, (Object[]) settings.split(" ")), "--json", json));
        written.json("many-config.json", run.resolve("config.json"), GoldenFiles.MEASURED);
        written.history("many-history.csv", run.resolve("history.csv"));
        written.log("many-train-log.txt", Files.readString(run.resolve("train.log")));
        written.json("many-outcome.json", json, GoldenFiles.MEASURED);
        written.checkpoint("many-last.txt", run.resolve("last.pt"));
    }

    @Test
    void aResumedRun() throws IOException {
        Path run = Files.createDirectory(folder.resolve("resumed"));
        for (String name : List.of("config.json", "history.csv", "last.pt", "best.pt")) {
            Files.copy(plain.resolve(name), run.resolve(name));
        }
        Path json = folder.resolve("resumed.json");
        done("train", "--resume", "last", "--out", run, "--epochs", 3, "--progress", "none", "--json", json);
        written.json("resumed-config.json", run.resolve("config.json"), GoldenFiles.MEASURED);
        written.history("resumed-history.csv", run.resolve("history.csv"));
        written.log("resumed-train-log.txt", Files.readString(run.resolve("train.log")));
        written.json("resumed-outcome.json", json, GoldenFiles.MEASURED);
    }

    @Test
    void aRunOnPicturesAndItsReport() throws IOException {
        Path small = pictures("small", 16);
        Path run = folder.resolve("run on pictures");
        Path json = folder.resolve("report.json");
        String settings =
                "--backbone random --image-size 16 --schedule step --filters single --epochs 1 --batch-size 10"
                        + " --threads 1 --progress none";
        done(with(new Object[] {"train", "--data", small, "--out", run}, (Object[]) settings.split(" ")));
        written.json("pictures-config.json", run.resolve("config.json"), GoldenFiles.MEASURED);
        written.history("pictures-history.csv", run.resolve("history.csv"));
        done("report", run, "--json", json);
        written.hold("report-names.txt", names(json));
    }

    private static String names(Path json, String... without) throws IOException {
        return MaskedJson.names(new JsonMapper().readTree(json.toFile()), List.of(without));
    }

    @Test
    void aRunOfLabelVectorsThatStopsWithinAnEpoch() throws IOException {
        Path vectors = folder.resolve("vectors.txt");
        StringBuilder text = new StringBuilder();
        for (String name : CLASSES) {
            text.append(name).append(" 0.5".repeat(name.length())).append(" -1".repeat(12 - name.length()) + "\n");
        }
        Files.writeString(vectors, text);
        Path run = folder.resolve("vectors");
        done(train(run, "--threads", 1, "--label-vectors", vectors, "--freeze-labels", "--max-steps", 5));
        written.json("vectors-config.json", run.resolve("config.json"), GoldenFiles.MEASURED);
        written.log("vectors-train-log.txt", Files.readString(run.resolve("train.log")));
        written.checkpoint("vectors-last.txt", run.resolve("last.pt"));
    }

    @Test
    void whatATrainedNetworkDoes() throws IOException {
        Path model = plain.resolve("last.pt");
        Path json = folder.resolve("done.json");
        done("eval", "--model", model, "--limit-test", 20, "--threads", 1, "--json", json);
        written.json("evaluated.json", json, GoldenFiles.MEASURED);
        Files.writeString(folder.resolve("no picture.png"), "text");
        Object[] files = {pictures.resolve("test/ring"), folder.resolve("no picture.png")};
        Object[] line = {"predict", "--model", model, "--top", 2, "--device", "cpu", "--threads", 1, "--json", json};
        assertEquals(1, CommandResult.of(with(line, files)).code());
        written.json("predicted.json", json, GoldenFiles.MEASURED);
        done("maps", "--model", model, "--threads", 1, "--out", folder.resolve("m.png"), "--json", json, files[0]);
        written.hold("maps-names.txt", names(json));
        CommandResult exported =
                CommandResult.ofSuccess("export", "--model", model, "--out", folder.resolve("m.ts.pt"), "--json", json);
        assertEquals(0, exported.code());
        written.json("exported.json", json, GoldenFiles.MEASURED);
    }

    @Test
    void aLabelIsAdded() throws IOException {
        Path own = Pictures.classes(folder.resolve("own"), 3, "otter").resolve("otter");
        Path out = folder.resolve("extended.pt");
        Path json = folder.resolve("extended.json");
        Object[] line = {"extend", "--model", plain.resolve("last.pt"), "--label", "otter", "--images", own};
        String settings = "--negatives 10 --folds 3 --steps 5 --threads 1";
        Object[] more = {"--against", pictures, "--test-images", own, "--out", out, "--json", json};
        done(with(with(line, (Object[]) settings.split(" ")), more));
        written.json("extended.json", json, GoldenFiles.MEASURED);
        written.checkpoint("extended.txt", out);
    }

    /** Its runs' figures are put in the place of the trained ones, so that they are the same everywhere. */
    @Test
    void aComparison() throws IOException {
        Path out = folder.resolve("compared");
        Path json = folder.resolve("compared.json");
        String settings = "--backbone random --limit-train 16 --limit-test 10 --epochs 1 --batch-size 16 --threads 1"
                + " --progress none --seeds 2 --reach 0.25,0.5,0.99 --variants dynamic,static:frozen:lr=0.01";
        Path data = TinyRuns.data(folder.resolve("cifar"));
        done(with(new Object[] {"compare", "--data", data, "--out", out}, (Object[]) settings.split(" ")));
        List<Path> histories = new ArrayList<>();
        try (Stream<Path> runs = Files.list(out.resolve("runs"))) {
            runs.sorted().map(run -> run.resolve("history.csv")).forEach(histories::add);
        }
        String head = Files.readString(histories.get(0)).lines().findFirst().orElseThrow() + "\n";
        for (int i = 0; i < histories.size(); i++) {
            String row = "%d,%d,0.012500000,2.100000,0.200000,1.900000,0.%d00000,%d,1.500,640.0\n";
            Files.writeString(
                    histories.get(i), head + row.formatted(1, 1, 2 + i, 1) + row.formatted(2, 2, 3 + i * i / 2, 1));
        }
        for (Path history : histories) {
            Path result = history.resolveSibling("result.json");
            String measured = Files.readString(result);
            Files.writeString(result, measured.replaceFirst("(?<=\"peak_memory_bytes\" : )\\d+", "1000000"));
        }
        CommandResult outcome = done("compare", "--resume", out, "--progress", "none", "--json", json);
        Pattern rounded = Pattern.compile(GoldenFiles.MACHINE + "|differences\\.(confidence_95|t|p|p_adjusted)");
        written.json("comparison.json", out.resolve("comparison.json"), rounded);
        assertEquals(Files.readString(out.resolve("comparison.json")), Files.readString(json));
        written.hold("comparison.csv", Files.readString(out.resolve("comparison.csv")));
        written.hold("curves.csv", Files.readString(out.resolve("curves.csv")));
        written.hold("compared-stdout.txt", outcome.out());
        written.json(
                "run-of-comparison-config.json", histories.get(3).resolveSibling("config.json"), GoldenFiles.MEASURED);
        written.json(
                "run-of-comparison-outcome.json", histories.get(3).resolveSibling("result.json"), GoldenFiles.MEASURED);
        done("report", out, "--json", json);
        written.hold("report-of-comparison-names.txt", names(json));
    }

    @Test
    void whatIsSaidOfData() throws IOException {
        Path json = folder.resolve("data.json");
        CommandResult.of("data", "info", "sample", "--json", json);
        written.json("data-info.json", json, GoldenFiles.MACHINE);
        CommandResult.of("data", "info", pictures, "--json", json);
        written.json("data-info-of-pictures.json", json, GoldenFiles.MACHINE);
        CommandResult.of("data", "verify", TinyRuns.data(folder.resolve("cifar to verify")), "--json", json);
        written.json("verified.json", json, GoldenFiles.MACHINE);
        CommandResult.of("data", "verify", pictures, "--json", json);
        written.json("verified-pictures.json", json, GoldenFiles.MACHINE);
    }

    @Test
    void whatIsSaidOfAMachine() throws IOException {
        Path json = folder.resolve("machine.json");
        CommandResult.of("doctor", "--device", "cpu", "--threads", 1, "--json", json);
        written.hold(
                "doctor-names.txt",
                names(
                        json,
                        "memory",
                        "surroundings",
                        "cpu_convolutions",
                        "driver",
                        "libraries",
                        "compute_capabilities"));
        String settings = "--threads 1 --mode train --batch-size 2 --precision fp32 --repeats 1";
        done(with(new Object[] {"benchmark", "--json", json}, (Object[]) settings.split(" ")));
        written.hold("benchmark-names.txt", names(json));
    }
}
