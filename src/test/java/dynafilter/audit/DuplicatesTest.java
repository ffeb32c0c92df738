package dynafilter.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.Python;
import dynafilter.audit.Duplicates.Group;
import dynafilter.data.DataListener;
import dynafilter.data.DataOptions;
import dynafilter.data.DataSet;
import dynafilter.data.source.DataSource;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.CudaDiagnosis;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Copies of pictures in a folder, made by Pillow where they are more than a copy of the file. */
@ExtendWith(NativeScope.class)
class DuplicatesTest {
    private static final String CHANGE = """
            import sys
            from PIL import Image, ImageEnhance, ImageOps
            folder = sys.argv[1]
            one = lambda seed: Image.open(f"{folder}/train/a/{seed}.png").convert("RGB")
            out = folder + "/test/b/"
            one(0).save(out + "0-compressed.jpg", quality=60)
            one(1).resize((50, 50), Image.BICUBIC).save(out + "1-smaller.png")
            ImageEnhance.Brightness(one(2)).enhance(1.3).save(out + "2-brighter.png")
            ImageOps.mirror(one(3)).save(out + "3-mirrored.png")
            one(4).crop((6, 4, 90, 88)).save(out + "4-cropped.png")
            ImageEnhance.Color(one(5)).enhance(0.6).save(out + "5-faded.png")
            ImageEnhance.Contrast(one(6)).enhance(0.6).save(out + "6-paler.png")
            one(7).rotate(90).save(out + "7-turned.png")
            one(8).crop((0, 0, 48, 48)).save(out + "8-quarter.png")
            """;

    @TempDir
    private Path folder;

    private void originals(int count) throws IOException {
        for (int seed = 0; seed < count; seed++) {
            Blobs.write(folder.resolve("train/a/" + seed + ".png"), 96, seed);
        }
        Blobs.write(folder.resolve("train/b/0.png"), 96, 1000);
        Blobs.write(folder.resolve("test/a/0.png"), 96, 1001);
        Blobs.write(folder.resolve("test/b/0.png"), 96, 1002);
    }

    private Set<String> found(int imageSize) {
        ComputeDevice cpu = ComputeDevice.choose("cpu", CudaDiagnosis.ofMachine(null));
        DataOptions options = new DataOptions(imageSize, true, false, null, DataListener.NONE);
        try (DataSet read = DataSource.open(folder.toString(), options)) {
            AuditedImages images = AuditedImages.of(read);
            return Duplicates.find(images, Duplicates.ALIKE, cpu, (what, share) -> {}).stream()
                    .map(group -> shown(group, images))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private String shown(Group group, AuditedImages images) {
        return group.images().stream()
                        .map(image -> images.place(image)
                                .file()
                                .substring(folder.toString().length() + 1))
                        .collect(Collectors.joining(" = "))
                + (group.isExact() ? " exact" : "")
                + (group.isMirrored() ? " mirrored" : "");
    }

    @Test
    void differentPicturesAreNone() throws IOException {
        originals(60);
        assertEquals(Set.of(), found(32));
    }

    @Test
    void copiesOfFilesAreTheSamePixels() throws IOException {
        originals(5);
        Files.copy(folder.resolve("train/a/1.png"), folder.resolve("train/a/copy.png"));
        Files.copy(folder.resolve("train/a/1.png"), folder.resolve("test/b/copy.png"));
        Files.copy(folder.resolve("train/a/3.png"), folder.resolve("train/b/copy.png"));
        assertEquals(
                Set.of(
                        "train/a/1.png = train/a/copy.png = test/b/copy.png exact",
                        "train/a/3.png = train/b/copy.png exact"),
                found(32));
    }

    @Test
    void changedCopiesAreFoundAtEverySize() throws IOException {
        Python python = Python.withModules("PIL");
        originals(30);
        python.run(CHANGE, folder);
        Set<String> expected = new TreeSet<>(List.of(
                "train/a/0.png = test/b/0-compressed.jpg",
                "train/a/1.png = test/b/1-smaller.png",
                "train/a/2.png = test/b/2-brighter.png",
                "train/a/3.png = test/b/3-mirrored.png mirrored",
                "train/a/4.png = test/b/4-cropped.png",
                "train/a/5.png = test/b/5-faded.png",
                "train/a/6.png = test/b/6-paler.png"));
        assertEquals(expected, found(32), "neither what is turned nor a quarter");
        assertEquals(expected, found(64));
    }

    @Test
    void groupsOverSplitsComeFirst() throws IOException {
        originals(4);
        Files.copy(folder.resolve("train/a/0.png"), folder.resolve("train/a/copy.png"));
        Files.copy(folder.resolve("train/a/3.png"), folder.resolve("test/b/copy.png"));
        ComputeDevice cpu = ComputeDevice.choose("cpu", CudaDiagnosis.ofMachine(null));
        try (DataSet read = DataSource.open(folder.toString())) {
            AuditedImages images = AuditedImages.of(read);
            List<Group> groups = Duplicates.find(images, Duplicates.ALIKE, cpu, (what, share) -> {});
            assertEquals(2, groups.size());
            assertTrue(Duplicates.isAcross(groups.get(0), images));
            assertEquals(1, groups.get(0).likeness());
            Audit audit = new Audit("x", "", read.classes(), images, List.of(), groups, null, images);
            assertEquals(1, audit.alsoTrained().get("test"));
            assertEquals(List.of(groups.get(0)), audit.contradictions(), "a in train, b in test");
        }
    }
}
