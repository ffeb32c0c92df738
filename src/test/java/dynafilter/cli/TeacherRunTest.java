package dynafilter.cli;

import static dynafilter.cli.TinyRuns.assertSame;
import static dynafilter.cli.TinyRuns.train;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs that learn the probabilities of a trained network. */
class TeacherRunTest {
    @TempDir
    private static Path folder;

    private static Path data;
    private static Path teacher; // sees larger images than its pupils

    @BeforeAll
    static void trainTeacher() throws IOException {
        data = TinyRuns.data(folder.resolve("data"));
        CommandResult.ofSuccess(train(data, folder.resolve("teacher"), "--epochs", 1, "--image-size", 40));
        teacher = folder.resolve("teacher").resolve("best.pt");
    }

    private static Path pupil(String name, Object... options) {
        Path run = folder.resolve(name);
        Object[] all = new Object[options.length + 4];
        System.arraycopy(options, 0, all, 4, options.length);
        all[0] = "--teacher";
        all[1] = teacher;
        all[2] = "--epochs";
        all[3] = 3;
        CommandResult.ofSuccess(train(data, run, all));
        return run;
    }

    @Test
    void aStoppedRunGoesOnBitForBitAndWithTheSameTeacherAlone() throws IOException {
        Path straight = pupil("straight");
        assertTrue(Files.readString(straight.resolve("train.log"))
                .contains("teacher    " + teacher
                        + ": checkpoint after epoch 1, dynamic filters; its share of the loss is 0.5"));
        Path parts = pupil("parts", "--max-steps", 6);
        Path moved = folder.resolve("moved.pt");
        Files.copy(teacher, moved);
        CommandResult.of("train", "--resume", parts, "--teacher", folder.resolve("nowhere.pt"))
                .assertRefused(
                        "--teacher " + folder.resolve("nowhere.pt") + " does not exist; give the best.pt of a run");
        CommandResult.of("train", "--resume", parts, "--teacher", straight.resolve("best.pt"))
                .assertRefused("is not the file that taught the checkpoint's run");
        CommandResult.ofSuccess("train", "--resume", parts, "--teacher", moved);
        assertSame(straight.resolve("last.pt"), parts.resolve("last.pt"));
        assertSame(straight.resolve("best.pt"), parts.resolve("best.pt"));
        CommandResult.of("train", "--resume", folder.resolve("teacher"), "--epochs", 2, "--teacher", moved)
                .assertRefused("the checkpoint was trained without --teacher");
    }

    @Test
    void aRunDoesNotReplaceItsTeacher() throws IOException {
        Path own = folder.resolve("own");
        CommandResult.ofSuccess(train(data, own, "--epochs", 1));
        byte[] before = Files.readAllBytes(own.resolve("best.pt"));
        CommandResult.of(train(data, own, "--overwrite", "--epochs", 1, "--teacher", own.resolve("best.pt")))
                .assertRefused("lies in the run's own folder, where the run's files would replace it");
        assertArrayEquals(before, Files.readAllBytes(own.resolve("best.pt")));
    }

    /** TorchScript of it says the same: it may come from Python. */
    @Test
    void aTeacherIsAnyNetwork() throws IOException {
        Path exported = folder.resolve("teacher.ts.pt");
        CommandResult.ofSuccess("export", "--model", teacher, "--format", "torchscript", "--out", exported);
        assertEquals(trainLoss(pupil("of a checkpoint")), trainLossOf(exported), 1e-4);
    }

    private static double trainLossOf(Path file) throws IOException {
        Path run = folder.resolve("of " + file.getFileName());
        CommandResult.ofSuccess(train(data, run, "--teacher", file, "--epochs", 3));
        return trainLoss(run);
    }

    private static double trainLoss(Path run) throws IOException {
        String[] last = Files.readAllLines(run.resolve("history.csv")).get(3).split(",", -1);
        return Double.parseDouble(last[3]);
    }

    @Test
    void itsShareOfTheLossCounts() throws IOException {
        double none = trainLoss(pupil("share 0", "--teacher-share", 0));
        double all = trainLoss(pupil("share 1", "--teacher-share", 1));
        assertNotEquals(none, all, 1e-3);
        Path alone = folder.resolve("alone");
        CommandResult.ofSuccess(train(data, alone, "--epochs", 3));
        assertEquals(trainLoss(alone), none, 1e-5);
        CommandResult.of(train(data, folder.resolve("never"), "--teacher", teacher, "--teacher-share", 1.5))
                .assertRefused("--teacher-share 1.5: must be from 0 to 1");
    }

    @Test
    void workersShareTheQuestions() throws IOException, InterruptedException {
        Path alone = pupil("one process", "--no-augment");
        Path together = folder.resolve("two processes");
        try (ChildProcess child = ChildProcess.start(
                folder,
                train(
                        data,
                        together,
                        "--teacher",
                        teacher,
                        "--epochs",
                        3,
                        "--no-augment",
                        "--workers",
                        2,
                        "--sync-batchnorm"))) {
            CommandResult outcome = child.await();
            assertEquals(0, outcome.code(), outcome.err());
        }
        assertEquals(trainLoss(alone), trainLoss(together), 1e-4);
    }

    @ParameterizedTest
    @ValueSource(strings = {"--freeze all", "--mixup 0.4", "--val-split 0.25", "--data-memory stream"})
    void everyWayOfTrainingIsTaught(String options) throws IOException {
        Path run = pupil(options.replace(" ", ""), (Object[]) options.split(" "));
        assertEquals(
                teacher.toString(),
                new ObjectMapper()
                        .readTree(run.resolve("config.json").toFile())
                        .at("/recipe/teacher")
                        .asText());
        assertTrue(Double.isFinite(trainLoss(run)));
    }
}
