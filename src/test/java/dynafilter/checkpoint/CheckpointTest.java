package dynafilter.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.StateDicts;
import dynafilter.io.InputException;
import dynafilter.torchfile.Samples;
import dynafilter.torchfile.TorchFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointTest {
    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void nameFile() {
        file = folder.resolve("last.pt");
    }

    @Test
    void isReadAsItWasWritten() {
        Checkpoint written = Samples.checkpoint();
        written.write(file);
        try (Checkpoint read = Checkpoint.read(file)) {
            assertTrue(Samples.same(written, read));
            assertEquals(
                    new ArrayList<>(written.model().keySet()),
                    new ArrayList<>(read.model().keySet()));
        }
    }

    @Test
    void whatWasReadCanBeWrittenAgain() {
        Samples.checkpoint().write(file);
        Path second = folder.resolve("second.pt");
        try (Checkpoint read = Checkpoint.read(file)) {
            read.write(second);
        }
        assertTrue(Samples.same(Samples.checkpoint(), Checkpoint.read(second)));
    }

    @Test
    void closingFreesItsTensors() {
        Samples.checkpoint().write(file);
        Checkpoint read = Checkpoint.read(file);
        Tensor weight = read.model().get("conv.weight");
        Tensor average = (Tensor) ((Map<?, ?>) read.extra().get("ema")).get("conv.weight");
        read.close();
        assertTrue(weight.isNull() && average.isNull());
    }

    @Test
    void theModelIsReadByItself() {
        Samples.checkpoint().write(file);
        Map<String, Tensor> state = StateDicts.read(file);
        assertTrue(Samples.same(Samples.checkpoint().model(), state));
    }

    @Test
    void namesTheFieldThatIsMissingOrOfAnotherType() {
        assertFailure(fields -> fields.remove("epoch"), "has no \"epoch\"; give a checkpoint that is complete");
        assertFailure(fields -> fields.put("epoch", "3"), "\"epoch\" in FILE should be an int and holds text");
        assertFailure(fields -> fields.put("epoch", 3.0), "\"epoch\" in FILE should be an int and holds a float");
        assertFailure(fields -> fields.put("step", -1), "\"step\" in FILE is -1, below 0");
        assertFailure(
                fields -> fields.put("best_accuracy", null),
                "\"best_accuracy\" in FILE should be a number and holds None");
        assertFailure(
                fields -> fields.put("classes", List.of(1)),
                "\"classes\" in FILE should be a list of text and holds an int");
        assertFailure(
                fields -> fields.put("classes", List.of("cat\033[2J")),
                "names a class with a line break or control character (cat\\x1B[2J): have its writer rename it");
        assertFailure(fields -> fields.put("model", List.of()), "\"model\" in FILE should be a dict and holds a list");
        assertFailure(
                fields -> fields.put("model", Map.of("a.b", 1)),
                "\"model.a.b\" in FILE should be a tensor and holds an int");
        assertFailure(fields -> fields.put("optimizer", Map.of()), "has no \"optimizer.state\"");
        assertFailure(
                fields -> fields.put("optimizer", Map.of("state", Map.of(), "param_groups", List.of(Map.of()))),
                "\"optimizer.param_groups\" in FILE should be dicts with a list \"params\"");
        assertFailure(
                fields -> fields.put("optimizer", Map.of("state", Map.of("a", 1), "param_groups", List.of())),
                "\"optimizer.state\" in FILE should be a dict of ints as keys");
        assertFailure(fields -> fields.remove("format"), "is not a dynafilter checkpoint");
        assertFailure(fields -> fields.put("format", 1), "is not a dynafilter checkpoint");
        assertFailure(
                fields -> fields.put("format", "dynafilter/2"),
                "has the format dynafilter/2 and this version reads dynafilter/1");
    }

    /** What Python wrote is whole in the number's place, too. */
    @Test
    void takesAnIntForTheBestAccuracy() {
        Map<String, Object> fields = fields();
        fields.put("best_accuracy", 0);
        TorchFile.write(file, fields);
        assertEquals(0.0, Checkpoint.read(file).bestAccuracy());
    }

    @Test
    void anExtraMayNotHideAField() {
        Checkpoint c = Samples.checkpoint();
        assertThrows(
                IllegalArgumentException.class,
                () -> new Checkpoint(
                        c.model(),
                        c.optimizer(),
                        1,
                        1,
                        0,
                        c.recipe(),
                        c.classes(),
                        c.rng(),
                        Map.of("epoch", 2),
                        List.of()));
    }

    @Test
    void aFailureWhileWritingKeepsTheOldCheckpoint() {
        Samples.checkpoint().write(file);
        Checkpoint c = Samples.checkpoint();
        Checkpoint bad = new Checkpoint(
                c.model(),
                c.optimizer(),
                4,
                4,
                0,
                Map.of("day", new Object()),
                c.classes(),
                c.rng(),
                Map.of(),
                List.of());
        assertThrows(IllegalArgumentException.class, () -> bad.write(file));
        assertEquals(3, Checkpoint.read(file).epoch());
    }

    private interface Change {
        void to(Map<String, Object> fields);
    }

    private void assertFailure(Change change, String expected) {
        Map<String, Object> fields = fields();
        change.to(fields);
        TorchFile.write(file, fields);
        String message =
                assertThrows(InputException.class, () -> Checkpoint.read(file)).getMessage();
        assertTrue(message.contains(expected.replace("FILE", file.toString())), message);
        assertTrue(message.contains(file.toString()), message);
    }

    private Map<String, Object> fields() {
        Samples.checkpoint().write(file);
        Map<String, Object> fields = new LinkedHashMap<>();
        ((Map<?, ?>) TorchFile.read(file)).forEach((key, value) -> fields.put((String) key, value));
        return fields;
    }
}
