package dynafilter.cli;

import static dynafilter.cli.TinyRuns.train;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class ConsoleTest {
    private static final Path JAVA_HOME = Path.of(System.getProperty("java.home"));

    @TempDir
    private Path folder;

    private Path data;
    private Path run;

    @BeforeEach
    void makeData() throws IOException {
        data = TinyRuns.data(folder.resolve("data"));
        run = folder.resolve("run");
    }

    @Test
    void aRunStatesWhatItIsMadeOfAndLogsIt() throws IOException {
        CommandResult outcome =
                CommandResult.ofSuccess(train(data, run, "--epochs", 2, "--filters", "static", "--seed", 7));
        assertTrue(outcome.line("device")
                .matches("device +(cpu, 1 thread|cuda:0, 1 thread), fp32(, convolutions limited to AVX2)? \\(.+\\)"));
        assertTrue(outcome.line("data").endsWith("64 training, 20 test images, 10 classes"), outcome.out());
        assertTrue(outcome.line("backbone").contains("random (He initialisation)"), outcome.out());
        assertTrue(
                outcome.line("network")
                        .endsWith("static filters; parameters: backbone 157,504 + filters 640 + predictor 4,225"
                                + " = 162,369, 162,369 of them trained"),
                outcome.out());
        assertTrue(
                outcome.line("recipe")
                        .matches("recipe +2 epochs, batch 16, muon lr 0.01, weight decay 0.025, .*seed 7"),
                outcome.out());
        assertTrue(outcome.line("versions").matches(".*dynafilter .+, libtorch .+, Java .+, \\S+-\\S+"));
        assertTrue(outcome.line("run").endsWith(run + ": 4 steps an epoch, of 16 images each"), outcome.out());
        assertTrue(outcome.line("epoch 1/2").matches(".*train loss .* accuracy .* %  test loss .* accuracy .* %.*"));
        assertTrue(
                outcome.line("best test accuracy")
                        .endsWith(run.resolve("best.pt").toString()),
                outcome.out());

        List<String> log = Files.readAllLines(run.resolve("train.log"));
        for (String line : outcome.out().lines().toList()) {
            assertTrue(log.stream().anyMatch(logged -> logged.endsWith(" INFO  " + line)), line);
        }
        assertTrue(log.stream().anyMatch(logged -> logged.contains("DEBUG recipe in full: {data=")));

        CommandResult.ofSuccess(train(data, folder.resolve("second"), "--epochs", 1));
        assertEquals(log, Files.readAllLines(run.resolve("train.log")), "another run logged here");
    }

    @Test
    void aFailureIsOneLineOnTheConsoleAndAStackTraceInTheLog() throws IOException {
        Object[] wild = train(data, folder.resolve("wild"), "--epochs", 3, "--schedule", "constant", "--warmup", 0);
        wild[Arrays.asList(wild).indexOf("0.01")] = "1e30";
        CommandResult failed = CommandResult.of(wild);
        failed.assertFailed(1, "NaN or infinite in epoch ", "lower --lr");
        assertEquals(1, failed.err().lines().count(), failed.err());
        assertTrue(Files.readString(folder.resolve("wild").resolve("train.log")).contains("\tat dynafilter.train."));
    }

    @Test
    void aBarIsDrawnWhereItIsAskedFor() throws IOException {
        for (String style : List.of("none", "plain")) {
            CommandResult quiet =
                    CommandResult.ofSuccess(train(data, run, "--epochs", 1, "--overwrite", "--progress", style));
            assertFalse(quiet.out().contains("\r"), style);
        }
        CommandResult bar = CommandResult.of(train(data, run, "--epochs", 1, "--overwrite", "--progress", "bar"));
        assertTrue(bar.err().contains("epoch 1/1  0:00 left  loss "), bar.err());
        assertTrue(bar.err().endsWith("\r\033[K"), "the bar goes before the summary");
    }

    @Test
    void withoutATerminalOnlyTheResultsArePrinted() throws IOException, InterruptedException {
        Object[] line = {
            "train", "--data", data, "--backbone", "random", "--epochs", 1, "--batch-size", 16, "--threads", 1
        };
        try (ChildProcess one = ChildProcess.start(folder, line);
                ChildProcess other = ChildProcess.start(folder, line)) { // in the same second, most likely
            for (CommandResult outcome : List.of(one.await(), other.await())) {
                assertEquals(0, outcome.code(), outcome.err());
                assertEquals("", outcome.err());
                assertTrue(
                        outcome.line("run").matches("run +checkpoints/dynamic-\\d{8}-\\d{6}(-2)?: .*"), outcome.out());
                assertEquals(9, outcome.out().lines().count(), outcome.out());
            }
        }
        try (Stream<Path> runs = Files.list(folder.resolve("checkpoints"))) {
            assertEquals(
                    2, runs.filter(run -> Files.exists(run.resolve("best.pt"))).count());
        }
        try (ChildProcess last = ChildProcess.start(folder, "train", "--resume", "last", "--epochs", 2)) {
            CommandResult outcome = last.await();
            assertEquals(0, outcome.code(), outcome.err());
            assertTrue(outcome.line("epoch").startsWith("epoch 2/2"), outcome.out());
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aTerminalShowsABarAndKeepsNothingOfIt() throws IOException, InterruptedException {
        String path = System.getenv("PATH");
        assumeTrue(
                Stream.of(path.split(File.pathSeparator, -1)).anyMatch(bin -> Files.exists(Path.of(bin, "script"))),
                "script (of util-linux) makes the terminal");
        String words = Stream.concat(
                        ChildProcess.java(JAVA_HOME).stream(),
                        Stream.of(train(data, run, "--epochs", 2)).map(Object::toString))
                .map(word -> "'" + word + "'")
                .collect(Collectors.joining(" "));
        Path typescript = folder.resolve("typescript");
        List<String> program = List.of("script", "-qec", "stty cols 60; " + words, typescript.toString());
        try (ChildProcess child = ChildProcess.start(folder, program)) {
            assertEquals(0, child.await().code());
        }
        String all = Files.readString(typescript, UTF_8);
        assertTrue(all.contains("epoch 1/2  "), all);
        assertTrue(all.contains("\033[?7l") && all.contains("acc "), all);
        assertEquals(all.split("\033\\[\\?7l", -1).length, all.split("\033\\[\\?7h", -1).length);
        for (String line : all.split("\n", -1)) {
            String left = line.substring(line.lastIndexOf("\033[K") + 1);
            assertFalse(left.contains("img/s\033"), "a bar stays on the screen: " + line);
        }
    }

    @Test
    void aNewerJavaHasNothingToWarnOf() throws IOException, InterruptedException {
        Path newer = newerJava();
        Manifest manifest = new Manifest();
        Attributes attributes = manifest.getMainAttributes();
        attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        attributes.put(Attributes.Name.MAIN_CLASS, "dynafilter.cli.Main");
        attributes.put(new Attributes.Name("Enable-Native-Access"), "ALL-UNNAMED"); // as in the program's jar
        String classPath = System.getProperty("java.class.path");
        attributes.put(
                Attributes.Name.CLASS_PATH,
                Stream.of(classPath.split(File.pathSeparator, -1))
                        .map(entry -> Path.of(entry).toUri().toString())
                        .collect(Collectors.joining(" ")));
        Path jar = folder.resolve("paths.jar");
        new JarOutputStream(Files.newOutputStream(jar), manifest).close();
        List<String> program = List.of(newer.resolve("bin").resolve("java").toString(), "-jar", jar.toString());
        try (ChildProcess child = ChildProcess.start(folder, program, train(data, run, "--epochs", 1))) {
            CommandResult outcome = child.await();
            assertEquals("", outcome.err());
            assertEquals(0, outcome.code());
            assertFalse(outcome.out().contains("WARN"), outcome.out());
        }
    }

    /** A JDK 25 or newer beside the one that runs this. */
    private static Path newerJava() throws IOException {
        try (Stream<Path> homes = Files.list(JAVA_HOME.getParent())) {
            List<Path> newer = homes.filter(home -> version(home) >= 25).toList();
            assumeTrue(!newer.isEmpty(), "there is no newer Java beside " + JAVA_HOME);
            return newer.get(0);
        }
    }

    private static int version(Path home) {
        try {
            Matcher version =
                    Pattern.compile("JAVA_VERSION=\"(\\d+)").matcher(Files.readString(home.resolve("release")));
            return version.find() ? Integer.parseInt(version.group(1)) : 0;
        } catch (IOException noJava) {
            return 0;
        }
    }
}
