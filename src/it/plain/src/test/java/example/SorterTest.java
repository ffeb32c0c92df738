package example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.api.BadInputException;
import dynafilter.api.Classifier;
import dynafilter.api.Training;
import dynafilter.api.TrainingOutcome;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SorterTest {
    @TempDir
    private Path folder;

    @Test
    void trainsAndLabels() throws Exception {
        List<Integer> epochs = new ArrayList<>();
        TrainingOutcome outcome = Training.of(
                        Map.of("data", "sample", "backbone", "random", "epochs", 2, "limit_train", 256, "batch_size", 64),
                        folder.resolve("run"))
                .on("cpu", 1)
                .onEpoch(epoch -> epochs.add(epoch.epoch()))
                .run();
        assertEquals("finished", outcome.ending());
        assertEquals(List.of(1, 2), epochs);
        Path picture = folder.resolve("picture.png");
        ImageIO.write(new BufferedImage(50, 40, BufferedImage.TYPE_INT_RGB), "png", picture.toFile());
        PrintStream out = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            Sorter.main(new String[] {outcome.best().toString(), picture.toString()});
        } finally {
            System.setOut(out);
        }
        try (Classifier classifier = Classifier.load(outcome.best())) {
            String label = classifier.classify(Files.readAllBytes(picture)).best().label();
            assertTrue(printed.toString(StandardCharsets.UTF_8).startsWith(picture + ": " + label));
            assertEquals(10, classifier.labels().size());
            assertThrows(BadInputException.class, () -> classifier.classify(folder.resolve("absent.png")));
        }
    }
}
