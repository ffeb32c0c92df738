package dynafilter.data.folder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.io.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Layouts of published data sets; where a name is given, it is one of theirs. */
class SplitFoldersTest {
    @TempDir
    private Path folder;

    private void files(String... names) throws IOException {
        for (String name : names) {
            Files.createDirectories(folder.resolve(name).getParent());
            Files.createFile(folder.resolve(name));
        }
    }

    /** An image of each of two classes in each of these folders. */
    private void parts(String... parts) throws IOException {
        for (String part : parts) {
            files(part + "/cat/1.jpg", part + "/dog/1.jpg");
        }
    }

    /** What is found, by role, below the folder. */
    private Map<String, String> found() {
        Map<String, String> found = new TreeMap<>();
        ImageFolder.scan(folder)
                .splits()
                .forEach((role, split) ->
                        found.put(role, folder.relativize(split.root()).toString()));
        return found;
    }

    private String refusal() {
        return assertThrows(InputException.class, () -> ImageFolder.scan(folder))
                .getMessage()
                .replace(folder.toString(), "TEMP");
    }

    private String notes() {
        return String.join("\n", ImageFolder.scan(folder).warnings()).replace(folder.toString(), "TEMP");
    }

    @ParameterizedTest
    @CsvSource({
        "train, test",
        "Training, Testing", // brain tumours
        "Training, Test", // fruits-360
        "training_set, test_set", // cats and dogs
        "seg_train, seg_test", // scenes of Intel's
        "asl_alphabet_train, asl_alphabet_test",
        "train_images, test_images",
        "TrainSet, TestSet",
        "traindata, testdata",
        "train2017, test2017",
        "Train, test-images",
    })
    void partsAreTakenForWhatTheirNamesSay(String train, String test) throws IOException {
        parts(train, test);
        assertEquals(Map.of("train", train, "test", test), found());
    }

    @ParameterizedTest
    @CsvSource({"train, valid", "train, val", "training, validation", "train_set, val_set", "Train, Dev"})
    void validationImagesHaveSeveralNames(String train, String validation) throws IOException {
        parts(train, validation);
        assertEquals(Map.of("train", train, "validation", validation), found());
    }

    @Test
    void oneFolderTooManyIsPassedThrough() throws IOException {
        parts("seg_train/seg_train", "seg_test/seg_test");
        files("seg_pred/seg_pred/1.jpg", "notes.txt");
        assertEquals(Map.of("train", "seg_train/seg_train", "test", "seg_test/seg_test"), found());
    }

    @ParameterizedTest
    @CsvSource({"train, test", "Training, Testing", "training_set, test_set", "train1, test1"})
    void partsWithoutClassesAreNoClasses(String train, String test) throws IOException {
        files(train + "/cat.0.jpg", test + "/1.jpg"); // as competitions have them
        assertTrue(refusal().startsWith("TEMP/" + train + " has no folders, and beside "), refusal());
        assertTrue(refusal().contains("such as TEMP/" + train + "/CLASS"), refusal());
    }

    @Test
    void partsOfSeveralClassesSideBySideAreNoClasses() throws IOException {
        files("cat_train/1.jpg", "cat_test/1.jpg", "dog_train/1.jpg", "dog_test/1.jpg");
        assertTrue(refusal().contains("parts of several data sets, not classes"), refusal());
        assertTrue(refusal().contains("TEMP/train/CLASS"), refusal());
    }

    @Test
    void aPartAloneIsRefusedWithWhatIsMissing() throws IOException {
        parts("Training", "PublicTest"); // faces' expressions
        assertTrue(refusal().startsWith("TEMP has Training/ but neither test/ nor val/: add one"), refusal());
    }

    @Test
    void classesMayHaveSuchNames() throws IOException {
        files("bus/1.jpg", "train/1.jpg", "car/1.jpg");
        assertEquals(Map.of("all", ""), found());
        assertEquals("", notes());
        for (List<String> names : List.of(List.of("steam train", "crash test"), List.of("valid", "invalid"))) {
            Path apart = Files.createTempDirectory(folder, ".apart");
            for (String name : names) {
                Files.createFile(Files.createDirectory(apart.resolve(name)).resolve("1.jpg"));
            }
            assertEquals(
                    names.stream().sorted().toList(),
                    ImageFolder.scan(apart).splits().get("all").classes());
        }
    }

    @Test
    void anUnlabelledTestSetIsLeftOutWhereOtherImagesJudge() throws IOException {
        parts("train", "val");
        files("test/1.jpg", "test/2.jpg");
        assertEquals(Map.of("train", "train", "validation", "val"), found());
        assertTrue(notes().startsWith("TEMP/test has no folders with the names of classes: its images are left out"));
        assertTrue(notes().contains("`dynafilter predict --model MODEL TEMP/test`"), notes());
    }

    @ParameterizedTest
    @CsvSource({"images", "test", "unknown"})
    void anUnlabelledTestSetMayLieInAFolderOfItsOwn(String name) throws IOException {
        parts("train", "val");
        files("test/" + name + "/1.jpg");
        assertEquals(Map.of("train", "train", "validation", "val"), found());
    }

    @Test
    void anUnlabelledTestSetAloneIsRefusedWithWhatWorks() throws IOException {
        parts("train");
        files("test/1.jpg");
        assertTrue(refusal().startsWith("TEMP/test has no folders with the names of classes"), refusal());
        assertTrue(refusal().contains("--data TEMP/train with --val-split 0.2"), refusal());
    }

    @Test
    void aTestFolderAmongClassesIsNamed() throws IOException {
        files("cat/1.jpg", "dog/1.jpg", "test/1.jpg");
        assertTrue(notes().startsWith("TEMP/test counts as a class: "), notes());
    }

    @Test
    void foldersThatAreAllAlikeInsideAreDoubted() throws IOException {
        parts("fold1", "fold2");
        assertTrue(notes().contains("has folders named [cat, dog], and counts as one class"), notes());
        assertTrue(notes().contains("give --data TEMP/fold1"), notes());
    }

    @Test
    void theFolderAroundADataSetIsRefusedWithThatInside() throws IOException {
        parts("chest_xray/train", "chest_xray/test");
        assertTrue(refusal().contains("one class only, chest_xray"), refusal());
        assertTrue(refusal().contains("give --data TEMP/chest_xray, which has folders"), refusal());
    }
}
