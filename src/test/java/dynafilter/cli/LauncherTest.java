package dynafilter.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** scripts/dynafilter in a copy of the tree, with a Maven that only makes a jar and a Java that only tells its arguments. */
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {
    private static final List<String> TOOLS =
            List.of("dirname", "readlink", "find", "head", "mkdir", "touch", "rm", "cat", "uname", "sleep", "sed");
    private static final String JAVA = "#!/bin/sh\nfor word; do echo \"<$word>\"; done\nexit ${CODE:-0}\n";
    private static final String MAVEN = """
            #!/bin/sh
            echo "$@" >>"$BUILDS"
            sleep ${SECONDS_TO_BUILD:-0}
            printf '\\033[0;1mwhat Maven says\\033[m\\n'
            [ -n "$FAILS" ] && exit 1
            [ -e "$ROOT/target/dynafilter.jar" ] || echo jar >"$ROOT/target/dynafilter.jar"
            """;

    @TempDir
    private Path folder;

    private Path root;
    private Path bin;
    private Path builds;

    @BeforeEach
    void copyTheTree() throws IOException {
        root = Files.createDirectories(folder.resolve("a checkout")).toRealPath();
        bin = Files.createDirectories(folder.resolve("bin"));
        builds = folder.resolve("builds");
        Files.createDirectories(root.resolve("scripts"));
        Files.createDirectories(root.resolve("native-config"));
        Files.createDirectories(root.resolve("src/main/java"));
        for (String name : List.of(
                "scripts/dynafilter",
                "native-config/allocator.sh",
                "native-config/locale.sh",
                "native-config/quick-start.sh",
                "pom.xml")) {
            Files.copy(Path.of(name), root.resolve(name));
        }
        Files.writeString(root.resolve("src/main/java/Main.java"), "");
        for (String tool : TOOLS) {
            program(tool, "#!/bin/sh\nexec '" + onPath(tool) + "' \"$@\"\n");
        }
        program("java", JAVA);
        program("mvn", MAVEN);
    }

    private static Path onPath(String tool) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
                .map(entry -> Path.of(entry, tool))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow();
    }

    private void program(String name, String text) throws IOException {
        Files.writeString(bin.resolve(name), text);
        assertTrue(bin.resolve(name).toFile().setExecutable(true));
    }

    private Process start(Map<String, String> environment, List<String> words) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(words).directory(folder.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", bin.toString());
        builder.environment().put("BUILDS", builds.toString());
        builder.environment().put("ROOT", root.toString());
        builder.environment().put("DYNAFILTER_ALLOCATOR", "");
        environment.forEach((name, value) -> {
            if (value == null) {
                builder.environment().remove(name);
            } else {
                builder.environment().put(name, value);
            }
        });
        return builder.start();
    }

    private static CommandResult await(Process process) throws IOException, InterruptedException {
        String out = new String(process.getInputStream().readAllBytes(), UTF_8);
        String err = new String(process.getErrorStream().readAllBytes(), UTF_8);
        return new CommandResult(process.waitFor(), out, err);
    }

    private CommandResult run(Map<String, String> environment, String... arguments)
            throws IOException, InterruptedException {
        List<String> words =
                new ArrayList<>(List.of(root.resolve("scripts/dynafilter").toString()));
        words.addAll(Arrays.asList(arguments));
        return await(start(environment, words));
    }

    private int builds() throws IOException {
        return Files.exists(builds) ? Files.readAllLines(builds).size() : 0;
    }

    @Test
    void buildsOnceAndPassesEveryArgumentAsItIs() throws IOException, InterruptedException {
        CommandResult first = run(Map.of(), "train", "--data", "my data", "", "*", "it's \"$HOME\"");
        assertEquals(0, first.code(), first.err());
        assertTrue(
                first.out()
                        .endsWith("<-jar>\n<" + root + "/target/dynafilter.jar>\n<train>\n<--data>\n<my data>\n"
                                + "<>\n<*>\n<it's \"$HOME\">\n"),
                first.out());
        assertTrue(first.err().startsWith("dynafilter: building "), first.err());
        assertTrue(first.err().contains("\nwhat Maven says\n"), "no escape codes, and not the program's output");
        CommandResult second = run(Map.of("CODE", "143", "JAVA_OPTS", "-Xmx1g -Da=b"), "eval");
        assertEquals(143, second.code());
        assertEquals("", second.err());
        assertTrue(second.out().contains("<-Xmx1g>\n<-Da=b>\n<-jar>"), second.out());
        assertEquals(1, builds());
        assertTrue(Files.readString(builds).contains("-f " + root + "/pom.xml"), "builds its own tree");
    }

    @ParameterizedTest
    @ValueSource(strings = {"pom.xml", "src/main/java/Main.java", "native-config/allocator.sh"})
    void buildsAgainOnceWhereASourceIsNewer(String source) throws IOException, InterruptedException {
        run(Map.of());
        Path jar = root.resolve("target/dynafilter.jar");
        Files.setLastModifiedTime(jar, FileTime.from(Instant.now().minusSeconds(60)));
        Files.setLastModifiedTime(
                root.resolve(source), FileTime.from(Instant.now().minusSeconds(30)));
        run(Map.of()); // this Maven leaves the jar alone, as the real one does where nothing in it changed
        assertEquals(2, builds(), "newer " + source);
        run(Map.of());
        assertEquals(2, builds(), "built again for nothing");
    }

    @Test
    void worksFromAnyFolderAndThroughLinks() throws IOException, InterruptedException {
        Path links = Files.createDirectories(folder.resolve("links"));
        Files.createSymbolicLink(links.resolve("absolute"), root.resolve("scripts/dynafilter"));
        Files.createSymbolicLink(links.resolve("relative"), Path.of("../a checkout/scripts/dynafilter"));
        Files.createSymbolicLink(links.resolve("chain"), Path.of("relative"));
        for (String name :
                List.of("links/absolute", "links/relative", "./links/chain", "a checkout/scripts/dynafilter")) {
            CommandResult outcome = await(start(Map.of("CDPATH", folder.toString()), List.of("sh", name, "--version")));
            assertEquals(0, outcome.code(), outcome.err());
            assertTrue(outcome.out().endsWith("<" + root + "/target/dynafilter.jar>\n<--version>\n"), outcome.out());
        }
        assertEquals(1, builds());
    }

    @Test
    void saysWhatIsMissing() throws IOException, InterruptedException {
        run(Map.of("JAVA_HOME", "/no/such/jdk")).assertRefused("/no/such/jdk/bin/java", "JAVA_HOME");
        run(Map.of("DYNAFILTER_BUILD", "gpu")).assertRefused("DYNAFILTER_BUILD=gpu", "cpu or cuda");
        Files.delete(bin.resolve("mvn"));
        run(Map.of()).assertRefused("Maven is needed", "package maven");
        Files.delete(bin.resolve("java"));
        run(Map.of()).assertRefused("no Java found", "JDK 17");
        assertFalse(Files.exists(root.resolve("target/.cpu-build")), "a lock is left behind");
    }

    @Test
    void aFailedBuildRunsNothing() throws IOException, InterruptedException {
        CommandResult outcome = run(Map.of("FAILS", "yes"), "train");
        outcome.assertFailed(1, "the build failed");
        assertTrue(outcome.err().contains("what Maven says\n"), outcome.err());
        assertEquals("", outcome.out());
        assertEquals(0, run(Map.of()).code(), "and can be tried again");
    }

    @Test
    void twoAtOnceBuildOnce() throws IOException, InterruptedException {
        List<String> words = List.of(root.resolve("scripts/dynafilter").toString(), "train");
        Process first = start(Map.of("SECONDS_TO_BUILD", "1"), words);
        Process second = start(Map.of("SECONDS_TO_BUILD", "1"), words);
        for (CommandResult outcome : List.of(await(first), await(second))) {
            assertEquals(0, outcome.code(), outcome.err());
            assertTrue(outcome.out().endsWith("<train>\n"), outcome.out());
        }
        assertEquals(1, builds());
    }

    @Test
    void aBuildThatWasKilledDoesNotBlockTheNext() throws IOException, InterruptedException {
        Path lock = Files.createDirectories(root.resolve("target/.cpu-build"));
        Process dead = new ProcessBuilder("true").start();
        dead.waitFor();
        Files.writeString(lock.resolve("pid"), dead.pid() + "\n");
        assertEquals(0, run(Map.of()).code());
        assertEquals(1, builds());
    }

    /** With a {@code locale} that knows C.UTF-8, an 8-bit locale, and no others. */
    @ParameterizedTest
    @CsvSource({
        "LANG, '', C.UTF-8",
        "LANG, POSIX, C.UTF-8",
        "LC_ALL, C, C.UTF-8",
        "LC_ALL, en_US.UTF-8, C.UTF-8", // as ssh hands it on to machines that have none
        "LC_ALL, C.UTF-8, C.UTF-8",
        "LANG, C.UTF-8, ''",
        "LANG, de_DE, ''",
    })
    void namesBeyondAsciiNeedALocaleAndGetOne(String variable, String value, String expected)
            throws IOException, InterruptedException {
        program("java", "#!/bin/sh\necho \"<$LC_ALL>\"\n");
        program("uname", "#!/bin/sh\necho Linux\n");
        program("locale", """
                #!/bin/sh
                case ${LC_ALL:-$LANG} in
                    C.UTF-8) echo UTF-8 ;;
                    de_DE) echo ISO-8859-1 ;;
                    *) echo ANSI_X3.4-1968 ;;
                esac
                """);
        assertEquals("<" + expected + ">\n", run(Map.of(variable, value)).out());
        Files.delete(bin.resolve("locale"));
        if (!value.contains("en_US")) { // nothing tells that it is not installed
            assertEquals("<" + expected + ">\n", run(Map.of(variable, value)).out());
        }
    }

    /** A Java that can be told from others, and writes an archive where it is asked for one. */
    private void javaWithArchives(String archive) throws IOException {
        Files.writeString(folder.resolve("release"), "JAVA_VERSION=\"17\"\n");
        program("cksum", "#!/bin/sh\nexec '" + onPath("cksum") + "' \"$@\"\n");
        program("mv", "#!/bin/sh\nexec '" + onPath("mv") + "' \"$@\"\n");
        program("java", """
                #!/bin/sh
                for word; do
                    case $word in -XX:ArchiveClassesAtExit=*)
                        echo made >>"$BUILDS.archives"
                        printf %s 'ARCHIVE' >"${word#*=}"
                        [ -n 'ARCHIVE' ]
                        exit
                    esac
                    echo "<$word>"
                done
                """.replace("ARCHIVE", archive));
    }

    private int archives() throws IOException {
        Path made = folder.resolve("builds.archives");
        return Files.exists(made) ? Files.readAllLines(made).size() : 0;
    }

    @Test
    void anArchiveOfClassesIsMadeOnceForAJavaAndAJar() throws IOException, InterruptedException {
        javaWithArchives("classes");
        CommandResult first = run(Map.of(), "train");
        assertTrue(first.err().endsWith("dynafilter: preparing quick starts, once\n"), first.err());
        String option = "<-XX:SharedArchiveFile=" + root + "/target/dynafilter-";
        assertTrue(first.out().contains(option), first.out());
        CommandResult second = run(Map.of(), "train");
        assertEquals("", second.err());
        assertEquals(first.out(), second.out());
        assertEquals(1, archives());
        assertFalse(run(Map.of("DYNAFILTER_QUICK_START", ""), "train").out().contains(option), "turned off");
        Files.setLastModifiedTime(
                root.resolve("target/dynafilter.jar"),
                FileTime.from(Instant.now().plusSeconds(5)));
        run(Map.of(), "train");
        assertEquals(2, archives(), "the jar is another");
        Files.setLastModifiedTime(root.resolve("target/dynafilter.jar"), FileTime.from(Instant.now()));
        Files.writeString(folder.resolve("release"), "JAVA_VERSION=\"25\"\n");
        run(Map.of(), "train");
        assertEquals(3, archives(), "Java is another");
    }

    @Test
    void whereNoArchiveCanBeMadeItStartsWithout() throws IOException, InterruptedException {
        javaWithArchives("");
        CommandResult first = run(Map.of(), "train");
        assertEquals(0, first.code(), first.err());
        assertFalse(first.out().contains("SharedArchiveFile"), first.out());
        assertEquals("", run(Map.of(), "train").err(), "tried again");
        assertEquals(1, archives());
        try (Stream<Path> files = Files.list(root.resolve("target"))) {
            assertFalse(files.anyMatch(file -> file.toString().matches(".*jsa\\..*")), "a part is left behind");
        }
    }

    @Test
    void whoStopsItWhileTheArchiveIsMadeLeavesNothingBehind() throws IOException, InterruptedException {
        javaWithArchives("classes");
        program("java", Files.readString(bin.resolve("java")).replace("exit\n", "exec sleep 60\n"));
        Process process =
                start(Map.of(), List.of(root.resolve("scripts/dynafilter").toString(), "train"));
        while (archives() == 0 && process.isAlive()) {
            Thread.sleep(10);
        }
        List<ProcessHandle> makers = process.descendants().toList();
        assertFalse(makers.isEmpty());
        process.toHandle().destroy(); // which, unlike the process's own, leaves its output open
        assertEquals(143, await(process).code());
        try (Stream<Path> files = Files.list(root.resolve("target"))) {
            assertEquals(
                    List.of(),
                    files.filter(file -> file.toString().contains(".jsa")).toList());
        }
        for (ProcessHandle maker : makers) {
            assertTrue(maker.onExit()
                    .orTimeout(10, TimeUnit.SECONDS)
                    .thenApply(ended -> true)
                    .join());
        }
    }

    @Test
    void commandsThatAreSoonOverTakeOneCompiler() throws IOException, InterruptedException {
        String option = "<-XX:TieredStopAtLevel=1>";
        for (List<String> few : List.of(
                List.<String>of(), List.of("--help"), List.of("train", "--help"), List.of("predict", "photo.jpg"))) {
            assertTrue(run(Map.of(), few.toArray(new String[0])).out().contains(option), few.toString());
        }
        for (List<String> many : List.of(List.of("train"), List.of("predict", folder.toString()))) {
            assertFalse(run(Map.of(), many.toArray(new String[0])).out().contains(option), many.toString());
        }
    }

    /** Large blocks of memory are kept by another allocator or by glibc, unless the caller has chosen. */
    @Test
    void freeMemoryIsKept() throws IOException, InterruptedException {
        program("java", "#!/bin/sh\necho \"$LD_PRELOAD $GLIBC_TUNABLES\"\n");
        Map<String, String> unset = new HashMap<>();
        unset.put("DYNAFILTER_ALLOCATOR", null);
        String kept = run(unset, "train").out();
        assertTrue(kept.matches("(\\S+(tc|je)malloc\\S+ | glibc\\.malloc\\.mmap_max=0:\\S+)\n"), kept);
        assertEquals(" \n", run(Map.of(), "train").out());
        unset.put("GLIBC_TUNABLES", "glibc.malloc.check=0");
        assertTrue(run(unset, "train").out().endsWith(" glibc.malloc.check=0\n"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"sh", "dash", "bash", "busybox"})
    void isValidForEveryShell(String shell) throws IOException, InterruptedException {
        Path installed = Path.of("/bin").resolve(shell);
        assumeTrue(Files.isExecutable(installed), "there is no " + shell);
        List<String> words = new ArrayList<>(List.of(installed.toString()));
        if (shell.equals("busybox")) {
            words.add("sh");
        }
        words.addAll(List.of(root.resolve("scripts/dynafilter").toString(), "--help"));
        CommandResult outcome = await(start(Map.of(), words));
        assertEquals(0, outcome.code(), outcome.err());
        assertTrue(outcome.out().endsWith("<--help>\n"), outcome.out());
    }
}
