package dynafilter.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dynafilter.Pictures;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders of pictures that cannot be trained on: one line that names what, where and what to do. */
class BadFolderTest {
    @TempDir
    private Path folder;

    private void assertRefused(Object... parts) {
        assertRefusedAsData(folder, parts);
    }

    private void assertRefusedAsData(Path data, Object... parts) {
        Path out = folder.resolveSibling("out");
        CommandResult.of(TinyRuns.train(data, out)).assertRefused(parts);
        assertFalse(Files.exists(out));
    }

    private Path train(String name) {
        return folder.resolve("train").resolve(name);
    }

    @Test
    void classesWithoutImages() throws IOException {
        Pictures.split(folder, 1, 1, "cat", "dog");
        Files.createDirectories(train("emu"));
        Files.createFile(train("emu").resolve("readme.txt"));
        assertRefused(train("emu"), "has no images", "remove the folder");
    }

    @Test
    void noImagesAtAll() throws IOException {
        Files.createDirectories(train("cat"));
        Files.createDirectories(train("dog"));
        Files.createDirectories(folder.resolve("test"));
        assertRefused(folder.resolve("train"), "has no images in its 2 folders");
    }

    @Test
    void oneClassOnly() throws IOException {
        Pictures.split(folder, 2, 1, "cat");
        assertRefused(folder.resolve("train"), "one class only, cat", "at least two classes");
    }

    @Test
    void imagesThatLieInNoClass() throws IOException {
        Pictures.picture(folder.resolve("pile/1.png"), 1);
        assertRefusedAsData(
                folder.resolve("pile"),
                folder.resolve("pile"),
                "has no folders",
                "put the images of each class into a folder");
        Pictures.picture(train("1.png"), 1);
        Pictures.classes(folder.resolve("test"), 1, "cat");
        assertRefused(folder.resolve("train"), "has no folders");
    }

    @Test
    void namesThatDifferInCaseOnly() throws IOException {
        Pictures.split(folder, 1, 1, "Cat", "cat", "dog");
        assertRefused("Cat and cat", "differ only in case");
    }

    @Test
    void namesThatLookAlike() throws IOException {
        Pictures.split(folder, 1, 1, "caf\u00e9", "cafe\u0301");
        assertRefused("different Unicode characters", "rename one");
    }

    @Test
    void namesThatNoListCanHold() throws IOException {
        Pictures.split(folder, 1, 1, "cat", "do\ng");
        assertRefused("control character", "do\\x0Ag");
    }

    @Test
    void namesThatAreNoText() throws IOException {
        Pictures.split(folder, 1, 1, "cat", "dog");
        Path odd = Path.of(URI.create(folder.resolve("train").toUri() + "caf%E9"));
        assumeFalse(File.separatorChar != '/', "this system's names are text");
        Files.move(train("dog"), odd);
        assertRefused("has a class folder whose name is no UTF-8 (caf\\xE9)", "rename it");
    }

    @Test
    void testImagesOfUnknownClasses() throws IOException {
        Pictures.split(folder, 1, 1, "cat", "dog");
        Pictures.classes(folder.resolve("test"), 1, "Dog", "emu");
        Files.delete(folder.resolve("test/dog/0.png"));
        Files.delete(folder.resolve("test/dog"));
        assertRefused(folder.resolve("test"), "[Dog, emu]", "it has dog, written differently");
    }

    @Test
    void aTestSetThatLacksClassesIsAWarning() throws IOException {
        Pictures.split(folder, 8, 2, "cat", "dog");
        for (int i = 0; i < 2; i++) {
            Files.delete(folder.resolve("test/dog/" + i + ".png"));
        }
        Path run = folder.resolve("run");
        CommandResult outcome = CommandResult.of(TinyRuns.train(folder, run, "--epochs", 1));
        assertEquals(0, outcome.code(), outcome.err());
        assertTrue(outcome.err().contains("has no images of 1 of the 2 classes: [dog]"), outcome.err());
        CommandResult table =
                CommandResult.of("eval", "--model", run.resolve("best.pt"), "--data", folder, "--threads", 1);
        assertTrue(table.line("       dog").contains(" - "), table.out());
    }

    @Test
    void trainWithoutTestAndTheOtherWayRound() throws IOException {
        Pictures.classes(folder.resolve("train"), 1, "cat", "dog");
        assertRefused(folder, "has train/ but neither test/ nor val/", "--val-split 0.2");
        Files.move(folder.resolve("train"), folder.resolve("test"));
        assertRefused(folder, "has test/ but no train/");
    }

    @Test
    void linksThatLeadBack() throws IOException {
        Pictures.split(folder, 1, 1, "cat", "dog");
        Path loop = Files.createSymbolicLink(train("cat").resolve("loop"), train("cat"));
        assertRefused(loop, "is a link to a folder it is in");
    }

    @Test
    void foldersThatCannotBeRead() throws IOException {
        Pictures.split(folder, 1, 1, "cat", "dog");
        Path secret = train("dog");
        secret.toFile().setReadable(false);
        assumeFalse(Files.isReadable(secret), "whoever runs this reads everything");
        try {
            assertRefused(secret, "permission denied");
        } finally {
            secret.toFile().setReadable(true);
        }
    }

    @Test
    void sizesThatMakeNoSense() {
        CommandResult.of("train", "--data", folder, "--image-size", 4)
                .assertRefused("--image-size 4: must be from 8 to 1024");
        CommandResult.of("train", "--data", folder, "--image-size", "big")
                .assertRefused("--image-size big: not a number");
        CommandResult.of("train", "--data", folder, "--class-weights", "x")
                .assertRefused("--class-weights x: use one of");
        CommandResult.of("train", "--data", folder, "--data-memory", "x")
                .assertRefused("--data-memory x: use auto, resident");
        CommandResult.of("data", "info", folder, "--data", folder).assertRefused("given twice");
    }

    @Test
    void classesOfAnotherNetwork() throws IOException {
        Pictures.split(folder.resolve("one"), 4, 2, "cat", "dog");
        Pictures.split(folder.resolve("two"), 4, 2, "cat", "emu");
        Path run = folder.resolve("run");
        CommandResult.ofSuccess(TinyRuns.train(folder.resolve("one"), run, "--epochs", 1, "--batch-size", 4));
        CommandResult.of("eval", "--model", run.resolve("best.pt"), "--data", folder.resolve("two"))
                .assertFailed(2, "knows the classes [cat, dog], the data set has [cat, emu]");
    }
}
