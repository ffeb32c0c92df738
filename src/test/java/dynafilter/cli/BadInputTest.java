package dynafilter.cli;

import static dynafilter.cli.TinyRuns.RECORD;
import static dynafilter.cli.TinyRuns.train;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BadInputTest {
    @TempDir
    private static Path folder;

    private static Path data;
    private static Path run;

    @BeforeAll
    static void trainARun() throws IOException {
        data = TinyRuns.data(folder.resolve("data"));
        run = folder.resolve("run");
        CommandResult.ofSuccess(train(data, run, "--epochs", 2));
        Files.writeString(folder.resolve("text"), "not a network");
        try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(folder.resolve("zip")))) {
            zip.putNextEntry(new ZipEntry("a.txt"));
        }
        byte[] checkpoint = Files.readAllBytes(run.resolve("last.pt"));
        checkpoint[checkpoint.length / 2] ^= 4;
        Files.write(folder.resolve("flipped"), checkpoint);
        Files.write(folder.resolve("truncated"), Arrays.copyOf(checkpoint, checkpoint.length / 3));
        Files.createDirectories(folder.resolve("empty"));
    }

    private static Path out() {
        return folder.resolve("out");
    }

    private static void assertNothingWritten() {
        assertFalse(Files.exists(out()), "a run's folder was made");
    }

    @Test
    void dataThatIsMissingOrEmptyIsNamed() {
        CommandResult.of(train(folder.resolve("none"), out())).assertRefused(folder.resolve("none"), "does not exist");
        CommandResult.of(train(folder.resolve("empty"), out())).assertRefused(folder.resolve("empty"), "is empty");
        CommandResult.of(train(folder.resolve("text"), out())).assertRefused(folder.resolve("text"), "is a file");
        CommandResult.of("eval", "--model", run.resolve("best.pt"), "--data", folder.resolve("none"))
                .assertRefused(folder.resolve("none"), "does not exist");
        CommandResult.of("data", "info", "--data", folder.resolve("none")).assertRefused("does not exist");
        assertNothingWritten();
    }

    @ParameterizedTest
    @CsvSource({"data_batch_1.bin, 64", "test_batch.bin, 20"})
    void aDamagedDataFileIsNamed(String name, int records) throws IOException {
        Path broken = TinyRuns.data(folder.resolve("broken " + name));
        byte[] bytes = TinyRuns.records(records);
        Files.write(broken.resolve(name), Arrays.copyOf(bytes, bytes.length - 1));
        CommandResult.of(train(broken, out())).assertRefused(broken.resolve(name), "truncated");
        bytes[3 * RECORD] = 10;
        Files.write(broken.resolve(name), bytes);
        CommandResult.of(train(broken, out())).assertRefused(broken.resolve(name), "record 4 has label 10");
        Files.write(broken.resolve(name), new byte[0]);
        CommandResult.of(train(broken, out())).assertRefused(broken.resolve(name), "is empty");
        Files.delete(broken.resolve(name));
        CommandResult.of(train(broken, out())).assertRefused(broken, "has no " + name.replaceAll("_1.bin", ""));
        assertNothingWritten();
    }

    @Test
    void unreadableDataIsNamed() throws IOException {
        Path secret = TinyRuns.data(folder.resolve("secret"));
        Path file = secret.resolve("test_batch.bin");
        file.toFile().setReadable(false);
        assumeFalse(Files.isReadable(file), "whoever runs this reads everything");
        CommandResult.of(train(secret, out())).assertRefused(file, "permission denied");
    }

    @ParameterizedTest
    @CsvSource({
        "none, does not exist",
        "empty, is a folder",
        "text, is not a file that torch.save wrote",
        "zip, without data.pkl",
        "flipped, CRC",
        "truncated, is damaged or incomplete"
    })
    void aBackboneThatIsNoneIsNamed(String name, String why) {
        CommandResult.of("train", "--data", data, "--backbone", folder.resolve(name), "--threads", 1, "--out", out())
                .assertRefused(folder.resolve(name), why);
        assertNothingWritten();
    }

    @ParameterizedTest
    @CsvSource({
        "none, there is no checkpoint",
        "empty, there is no checkpoint",
        "text, is not a file that torch.save wrote",
        "zip, without data.pkl",
        "flipped, fails its CRC check",
        "truncated, is damaged or incomplete"
    })
    void aCheckpointThatIsNoneIsNamed(String name, String why) {
        CommandResult.of("train", "--resume", folder.resolve(name), "--out", out())
                .assertRefused(name, why);
        CommandResult.of("eval", "--model", folder.resolve(name), "--data", data)
                .assertRefused(name);
        assertNothingWritten();
    }

    @Test
    void aRunResumesOnlyAsItWas() throws IOException {
        Map<String, String> before = contents(run);
        CommandResult.of("train", "--resume", run, "--filters", "static", "--epochs", 3)
                .assertRefused("--filters dynamic, not static");
        CommandResult.of("train", "--resume", run, "--backbone", "imagenet", "--epochs", 3)
                .assertRefused("the checkpoint was trained with --backbone random, not imagenet; leave the option out");
        CommandResult.of("train", "--resume", run, "--batch-size", 8, "--epochs", 3)
                .assertRefused("--batch-size 16, not 8");
        CommandResult.of("train", "--resume", run, "--data", TinyRuns.data(folder.resolve("more"), 80), "--epochs", 3)
                .assertRefused("not the one the checkpoint was trained on");
        CommandResult.of("train", "--resume", run, "--data", "sample", "--epochs", 3)
                .assertRefused("classes [airplane", "has [circle");
        assertEquals(before, contents(run));
    }

    @Test
    void evaluationWantsTheClassesOfTheNetwork() {
        CommandResult.of("eval", "--model", run.resolve("best.pt"), "--data", "sample")
                .assertRefused(run.resolve("best.pt"), "airplane", "circle");
    }

    @Test
    void aRunIsNeitherOverwrittenUnaskedNorForANewOneThatCannotStart() throws IOException {
        Map<String, String> before = contents(run);
        CommandResult.of(train(data, run)).assertRefused("--out " + run + " holds a run", "--resume", "--overwrite");
        CommandResult.of(train(folder.resolve("none"), run, "--overwrite")).assertRefused("does not exist");
        CommandResult.of(train(
                        data,
                        run,
                        "--overwrite",
                        "--json",
                        folder.resolve("none").resolve("x")))
                .assertRefused("--json", "there is no folder " + folder.resolve("none"));
        CommandResult.of("train", "--data", data, "--backbone", folder.resolve("text"), "--out", run, "--overwrite")
                .assertRefused("text");
        CommandResult.of(train(data, run, "--overwrite", "--val-split", "0.999"))
                .assertRefused("--val-split 0.999");
        CommandResult.of("train", "--resume", run, "--out", TinyRuns.data(folder.resolve("x")), "--json", folder)
                .assertRefused("--json " + folder + " is a folder");
        assertEquals(before, contents(run));
        assertArrayEquals(
                new String[] {"best.pt", "config.json", "history.csv", "last.pt", "train.log"},
                before.keySet().toArray());
    }

    private static Map<String, String> contents(Path folder) throws IOException {
        Map<String, String> contents = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                contents.put(file.getFileName().toString(), Files.readString(file, StandardCharsets.ISO_8859_1));
            }
        }
        return contents;
    }

    @Test
    void anOutputFolderThatCannotBeWrittenIsNamed() throws IOException {
        Path file = folder.resolve("text");
        CommandResult.of(train(data, file)).assertRefused("--out " + file + " is not a folder");
        CommandResult.of(train(data, file.resolve("below"))).assertRefused("--out " + file.resolve("below"));
        CommandResult.of(train(data, Path.of("/proc/run"))).assertRefused("--out /proc/run");
        Path shut = Files.createDirectories(folder.resolve("shut"));
        shut.toFile().setWritable(false);
        assumeFalse(Files.isWritable(shut), "whoever runs this writes everywhere");
        CommandResult.of(train(data, shut)).assertRefused("--out " + shut, "permission denied");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "hello | is not JSON",
                "'' | is not JSON",
                "[1] | is not a config.json of format dynafilter-config/1",
                "{} | is not a config.json of format dynafilter-config/1",
                "{\"format\": \"dynafilter-config/1\", \"recipe\": {\"epoch\": 1}} | a recipe has no 'epoch'",
                "{\"format\": \"dynafilter-config/1\", \"recipe\": {\"epochs\": \"x\"}} | --epochs x: not a number",
                "{\"format\": \"dynafilter-config/1\", \"recipe\": {\"epochs\": 1.5}} | --epochs 1.5: not a whole",
                "{\"format\": \"dynafilter-config/1\", \"recipe\": {\"epochs\": {}}} | --epochs {}: must be a number",
                "{\"format\": \"dynafilter-config/1\", \"recipe\": {\"filters\": null}} | --filters null: use one of",
                "{\"format\": \"dynafilter-config/1\", \"recipe\": {\"data\": null}} | --data null: must be a text",
                "{\"format\": \"dynafilter-config/1\", \"recipe\": {\"augment\": 1}} | --augment 1: must be true or"
            })
    void aConfigThatIsNoneIsNamed(String text, String why) throws IOException {
        Path config = Files.writeString(folder.resolve("config.json"), text);
        CommandResult.of("train", "--config", config, "--out", out()).assertRefused("--config " + config, why);
        assertNothingWritten();
    }

    @Test
    void aConfigThatIsNotThereIsNamed() {
        Path none = folder.resolve("none.json");
        CommandResult.of("train", "--config", none).assertRefused("--config " + none, "does not exist");
        CommandResult.of("train", "--config", folder).assertRefused("--config " + folder, "it is no file");
    }

    @Test
    void aDeviceThatIsNotHereIsNamed() {
        CommandResult.of("eval", "--model", run.resolve("best.pt"), "--data", data, "--device", "cuda:999")
                .assertRefused("--device cuda:999: ", "--device cpu always works");
    }
}
