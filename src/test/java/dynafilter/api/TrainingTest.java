package dynafilter.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.Pictures;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingTest {
    @TempDir
    private static Path folder;

    private static Map<String, Object> settings;

    @BeforeAll
    static void writePictures() throws IOException {
        Path data = Pictures.split(folder.resolve("data"), 8, 4, "apples", "pears");
        settings = Map.of(
                "data", data, "backbone", "random", "optimizer", "sgd", "epochs", 2, "batch_size", 8, "lr", 0.01);
    }

    private static Training training(String name, Map<String, ?> further) {
        Map<String, Object> all = new LinkedHashMap<>(settings);
        all.putAll(further);
        return Training.of(all, folder.resolve(name)).on("cpu", 1);
    }

    @Test
    void aRunTellsOfItsEpochsAndItsNetworkLoads() throws IOException {
        List<EpochReport> reports = new ArrayList<>();
        PrintStream out = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        TrainingOutcome outcome;
        try {
            outcome = training("told", Map.of()).onEpoch(reports::add).run();
        } finally {
            System.setOut(out);
        }
        assertEquals("", printed.toString(StandardCharsets.UTF_8));
        assertEquals(List.of(1, 2), reports.stream().map(EpochReport::epoch).toList());
        assertEquals("finished", outcome.ending());
        assertEquals(2, outcome.epochs());
        assertEquals(4, outcome.steps());
        EpochReport best = reports.get(outcome.bestEpoch() - 1);
        assertTrue(best.best());
        assertEquals(best.accuracy(), outcome.bestAccuracy());
        assertTrue(Files.readString(outcome.folder().resolve("train.log")).contains("epoch 2/2"));
        try (Classifier classifier = Classifier.load(outcome.best())) {
            assertEquals(List.of("apples", "pears"), classifier.labels());
        }
    }

    @Test
    void aCancelledRunStopsAndGoesOnToTheSameBits() throws IOException {
        List<Training> self = new ArrayList<>();
        Training cancelled = training("cancelled", Map.of("epochs", 3))
                .onEpoch(report -> self.get(0).cancel());
        self.add(cancelled);
        TrainingOutcome stopped = cancelled.run();
        assertEquals("interrupted", stopped.ending());
        assertEquals(1, stopped.epochs());
        TrainingOutcome resumed =
                Training.resume(Map.of(), stopped.folder()).on("cpu", 1).run();
        assertEquals("finished", resumed.ending());
        assertEquals(3, resumed.epochs());
        TrainingOutcome whole = training("whole", Map.of("epochs", 3)).run();
        assertEquals(whole.bestAccuracy(), resumed.bestAccuracy());
        try (Classifier one = Classifier.load(whole.best());
                Classifier other = Classifier.load(resumed.best())) {
            Path picture = folder.resolve("data/test/pears/0.png");
            assertEquals(one.classify(picture), other.classify(picture));
        }
    }

    @Test
    void whatCannotBeTrainedIsRefused() throws IOException {
        refused(training("unknown", Map.of("epoch", 3)), "epoch");
        refused(training("absent", Map.of("data", folder.resolve("nowhere"))), "nowhere");
        Path used = Files.createDirectories(folder.resolve("used"));
        Files.writeString(used.resolve("history.csv"), "");
        refused(training("used", Map.of()), "used");
        RuntimeException own = new RuntimeException("the listener's");
        assertSame(
                own,
                assertThrows(
                        RuntimeException.class,
                        () -> training("thrown", Map.of())
                                .onEpoch(report -> {
                                    throw own;
                                })
                                .run()));
        assertThrows(
                TrainingException.class,
                () -> training("diverged", Map.of("lr", 1e30)).run());
        assertFalse(Files.exists(folder.resolve("unknown")));
    }

    private static void refused(Training training, String part) {
        String message = assertThrows(BadInputException.class, training::run).getMessage();
        assertTrue(message.contains(part), message);
    }
}
