package dynafilter.scripts;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Making a bundle, making its GPU code small, and joining its parts. */
@EnabledOnOs(OS.LINUX)
class PortableBundleTest {
    private static final Path BUILDER = Path.of("scripts/portable-bundle");
    private static final Path TRIM = Path.of("scripts/trim_gpu_code.py");
    private static final int RECORD = 3073;
    private static final String NAME = "dynafilter-1-linux-x86_64-cpu";

    @TempDir
    private Path folder;

    private Path parts;

    @BeforeEach
    void nameTheParts() {
        parts = folder.resolve("some parts");
    }

    @ParameterizedTest
    @CsvSource({
        "--device, gpu, --device gpu: use cpu or cuda",
        "--arch, sm_90, --arch sm_90: give numbers such as 90 or 80",
        "--arch, 90, --arch is for --device cuda",
        "--split, none, --split none: give a size such as 60M",
        "--level, 10, --level 10: give a number from 0 to 9",
        "--images, 7, --images 7: give a multiple of 25",
        "--data, data, --data goes into a part of its own",
        "--colour, red, unknown option --colour",
    })
    void refusesWhatItCannotMake(String option, String value, String message) throws IOException, InterruptedException {
        Script refused = Script.run(20, BUILDER, option, value);
        assertEquals(2, refused.code());
        assertTrue(refused.err().startsWith("portable-bundle: " + message), refused.err());
        assertEquals(1, refused.err().lines().count(), refused.err());
        assertEquals(2, Script.run(20, BUILDER, "--out").code());
    }

    /** A fat binary of one entry an architecture, each with 24 bytes of its own number. */
    private static byte[] fatBinary(int... architectures) {
        ByteBuffer bytes = ByteBuffer.allocate(16 + architectures.length * 56).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(0xBA55ED50).putShort((short) 1).putShort((short) 16).putLong(architectures.length * 56L);
        for (int architecture : architectures) {
            int at = bytes.position();
            bytes.putShort((short) 2).putInt(at + 4, 32).putLong(at + 8, 24).putInt(at + 28, architecture);
            Arrays.fill(bytes.array(), at + 32, at + 56, (byte) architecture);
            bytes.position(at + 56);
        }
        return bytes.array();
    }

    private Path library(byte[]... pieces) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(10_000);
        for (byte[] piece : pieces) {
            bytes.put(piece).put("code".getBytes(US_ASCII));
        }
        return Files.write(folder.resolve("lib.so"), bytes.array());
    }

    /** Keeps entries of a fat binary as the script does: at its front, with its size; zeros follow. */
    private static void keep(byte[] library, int at, int... entries) {
        ByteBuffer bytes = ByteBuffer.wrap(library).order(ByteOrder.LITTLE_ENDIAN);
        byte[] before = library.clone();
        int size = (int) bytes.getLong(at + 8);
        Arrays.fill(library, at + 16, at + 16 + size, (byte) 0);
        bytes.putLong(at + 8, entries.length * 56L);
        for (int i = 0; i < entries.length; i++) {
            System.arraycopy(before, at + 16 + entries[i] * 56, library, at + 16 + i * 56, 56);
        }
    }

    @Test
    void trimmingLeavesOnlyTheEntriesThatAreAskedFor() throws IOException, InterruptedException {
        Script.needs("python3");
        Path library = library(fatBinary(80, 90, 120), fatBinary(90), fatBinary(75, 90, 100, 90));
        byte[] expected = Files.readAllBytes(library);
        keep(expected, 0, 1);
        keep(expected, 16 + 3 * 56 + 4 + 16 + 56 + 4, 1, 3);
        Script trimmed = Script.run(20, "python3", TRIM, library, "90");
        assertEquals(0, trimmed.code(), trimmed.err());
        assertEquals("lib.so: 8 entries in 3 fat binaries, 4 kept\n", trimmed.out());
        assertArrayEquals(expected, Files.readAllBytes(library));
    }

    @Test
    void trimmingLeavesNoFatBinaryEmpty() throws IOException, InterruptedException {
        Script.needs("python3");
        Path library = library(fatBinary(80, 90), fatBinary(75, 80));
        byte[] before = Files.readAllBytes(library);
        Script refused = Script.run(20, "python3", TRIM, library, "90");
        assertEquals(2, refused.code());
        assertEquals(
                "trim_gpu_code.py: error: 1 of 2 fat binaries of lib.so have no code for 90; keep one of 75, 80 as well\n",
                refused.err());
        assertArrayEquals(before, Files.readAllBytes(library));
        assertEquals(0, Script.run(20, "python3", TRIM, library, "80,90").code());
    }

    /** A library works as before when the symbols that only debuggers read are gone, and packs smaller. */
    @Test
    void blankSymbolsAreNotMissed() throws IOException, InterruptedException {
        Script.needs("python3", "gcc", "nm");
        Path source = Files.writeString(
                folder.resolve("answer.c"),
                "static int hidden(int x) { return x * 6; }\nint answer(int x) { return hidden(x); }\n");
        Path library = folder.resolve("libanswer.so");
        assertEquals(
                0,
                Script.run(20, "gcc", "-O0", "-shared", "-fPIC", "-o", library, source)
                        .code());
        assertTrue(Script.run(20, "nm", library).out().contains("hidden"));
        long size = Files.size(library);
        Script blanked = Script.run(20, "python3", "scripts/blank_symbols.py", library, source);
        assertEquals(0, blanked.code(), blanked.err());
        assertEquals(size, Files.size(library));
        assertFalse(Script.run(20, "nm", library).out().contains("hidden"));
        assertTrue(Script.run(20, "nm", "-D", library).out().contains("answer"));
        String call = "import ctypes, sys; print(ctypes.CDLL(sys.argv[1]).answer(7))";
        assertEquals("42\n", Script.run(20, "python3", "-c", call, library).out());
        assertEquals(
                2,
                Script.run(20, "python3", "scripts/blank_symbols.py", folder.resolve("none"))
                        .code());
    }

    @Test
    void trimmingRefusesWhatIsNotThereAndEndsOnDamage() throws IOException, InterruptedException {
        Script.needs("python3");
        byte[] damaged = fatBinary(90, 90);
        ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN).putInt(16 + 56 + 4, 0);
        Path library = library(fatBinary(80, 90), damaged);
        byte[] before = Files.readAllBytes(library);
        Script refused = Script.run(20, "python3", TRIM, library, "90,100");
        assertEquals(2, refused.code());
        assertEquals("trim_gpu_code.py: error: lib.so has no code for 100; it has 80, 90\n", refused.err());
        assertArrayEquals(before, Files.readAllBytes(library));
    }

    /** A bundle of a few bytes, as {@code portable-bundle --split} would pack it. */
    private void pack() throws IOException, InterruptedException {
        Script.needs("tar", "xz", "split", "sha256sum");
        Path bin = Files.createDirectories(folder.resolve(NAME).resolve("bin"));
        byte[] noise = new byte[5000];
        new Random(1).nextBytes(noise);
        Files.write(bin.resolve("dynafilter"), noise);
        Files.createDirectories(parts);
        String pack = "cd \"$1\" && tar -cf - \"$2\" | xz | split -b 2K -d -a 2 - \"$3/$2.tar.xz.\""
                + " && tar -cf - \"$2\" | xz >\"$3/$2.data.tar.xz\""
                + " && cd \"$3\" && sha256sum *.xz* >SHA256SUMS";
        assertEquals(
                0, Script.run(20, "sh", "-c", pack, "sh", folder, NAME, parts).code());
        Files.copy(Path.of("scripts/bundle/join.sh"), parts.resolve("join.sh"));
    }

    private Script join(Path into) throws IOException, InterruptedException {
        return Script.run(20, "sh", parts.resolve("join.sh"), into);
    }

    @Test
    void partsAreJoinedWhereNothingIsInTheWay() throws IOException, InterruptedException {
        pack();
        Path into = folder.resolve("an empty folder");
        Script joined = join(into);
        assertEquals(0, joined.code(), joined.err());
        assertEquals(
                "unpacked; start with: " + into + "/" + NAME + "/bin/dynafilter doctor",
                joined.out().strip());
        assertEquals(
                -1,
                Files.mismatch(
                        folder.resolve(NAME).resolve("bin/dynafilter"),
                        into.resolve(NAME).resolve("bin/dynafilter")));
        Script again = join(into);
        assertEquals(2, again.code());
        assertTrue(again.err().contains("is there already"), again.err());
    }

    @Test
    void aDamagedOrMissingPartIsNamed() throws IOException, InterruptedException {
        pack();
        Path into = folder.resolve("into");
        Path second = parts.resolve(NAME + ".tar.xz.01");
        byte[] bytes = Files.readAllBytes(second);
        bytes[100] ^= 1;
        Files.write(second, bytes);
        Script damaged = join(into);
        assertEquals(2, damaged.code());
        assertEquals("join.sh: damaged: " + second.getFileName() + " bring it again\n", damaged.err());
        Files.delete(second);
        Script missing = join(into);
        assertEquals(2, missing.code());
        assertEquals("join.sh: part " + second.getFileName() + " is missing; bring it again\n", missing.err());
        assertFalse(Files.exists(into.resolve(NAME)));
    }

    @Test
    void aBundleSaysThatItIsOne() throws IOException, InterruptedException {
        Path bundle = folder.resolve("a bundle");
        Path java = bundle.resolve("runtime/bin/java");
        Files.createDirectories(java.getParent());
        Files.writeString(java, "#!/bin/sh\nfor word; do echo \"<$word>\"; done\n");
        assertTrue(java.toFile().setExecutable(true));
        for (String file : new String[] {"bin/dynafilter", "native-config/allocator.sh"}) {
            Files.createDirectories(bundle.resolve(file).getParent());
        }
        Files.copy(Path.of("scripts/bundle/dynafilter"), bundle.resolve("bin/dynafilter"));
        for (String part :
                new String[] {"native-config/allocator.sh", "native-config/locale.sh", "native-config/quick-start.sh"
                }) {
            Files.copy(Path.of(part), bundle.resolve(part));
        }
        Script run = Script.run(20, "sh", bundle.resolve("bin/dynafilter"), "doctor", "my file");
        assertEquals(0, run.code(), run.err());
        assertTrue(run.out().startsWith("<-Ddynafilter.bundle=true>\n<-cp>\n<" + bundle + "/"), run.out());
        assertTrue(run.out().endsWith("<dynafilter.cli.Main>\n<doctor>\n<my file>\n"), run.out());
    }

    /** The images of a class have its own shade, so that they are soon told apart. */
    private Path images(int count) throws IOException {
        Path data = Files.createDirectories(folder.resolve("all images"));
        Random noise = new Random(1);
        for (String file : new String[] {
            "data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"
        }) {
            byte[] records = new byte[count * RECORD];
            for (int at = 0; at < records.length; at++) {
                int label = at / RECORD % 10;
                records[at] = (byte) (at % RECORD == 0 ? label : label * 25 + noise.nextInt(20));
            }
            Files.write(data.resolve(file + ".bin"), records);
        }
        return data;
    }

    @Test
    void dataThatIsNotThereOrTooLittleIsNamed() throws IOException, InterruptedException {
        Path data = images(20);
        Script few = Script.run(20, BUILDER, "--split", "1M", "--data", data, "--images", 150);
        assertEquals(2, few.code());
        assertTrue(
                few.err().startsWith("portable-bundle: --images 150: " + data + "/data_batch_1.bin has fewer than 24"),
                few.err());
        Files.delete(data.resolve("test_batch.bin"));
        Script none = Script.run(20, BUILDER, "--split", "1M", "--data", data, "--images", 50);
        assertTrue(none.err().contains("there is no test_batch.bin"), none.err());
    }

    /**
     * The whole way of the acceptance, with the CPU standing in: the bundle made and packed into parts, joined in an empty folder,
     * everything checked there with an empty environment. All but what measures speed takes less than a minute and a half.
     */
    @Test
    @Tag("bundle")
    void theAcceptanceIsRehearsedFromEmptyFolders() throws IOException, InterruptedException {
        assertEquals(0, Script.run(900, "scripts/dynafilter", "--version").code(), "the program is built before");
        Path data = images(500);
        Map<String, Double> seconds = new LinkedHashMap<>();
        Path out = folder.resolve("made");
        timed(seconds, "made and packed", () -> {
            Script made = Script.run(
                    600, BUILDER, "--split", "60MB", "--level", 0, "--data", data, "--images", 2000, "--out", out);
            assertEquals(0, made.code(), made.err());
            assertTrue(made.err().contains("step 1 of 4") && made.err().contains("90 % packed"), made.err());
        });
        try (var entries = Files.list(out)) {
            parts = entries.filter(path -> path.toString().endsWith(".parts"))
                    .findFirst()
                    .orElseThrow();
        }
        Path machine = folder.resolve("another machine");
        timed(seconds, "checked and joined", () -> assertEquals(0, join(machine).code()));
        Path bundle = machine.resolve(parts.getFileName().toString().replace(".parts", ""));
        Path results = folder.resolve("results");
        timed(seconds, "acceptance", () -> {
            Script accepted = Script.run(
                    600,
                    "env",
                    "-i",
                    "PATH=" + System.getenv("PATH"),
                    "python3",
                    bundle.resolve("scripts/gpu-acceptance"),
                    results,
                    "--device",
                    "cpu",
                    "--quick",
                    "--epochs",
                    5,
                    "--target",
                    0.2); // in 30 steps: twice what guessing gives
            assertEquals(0, accepted.code(), accepted.out());
            System.out.println(accepted.out());
        });
        JsonNode report =
                new ObjectMapper().readTree(results.resolve("acceptance.json").toFile());
        double measuring =
                seconds.remove("acceptance") - report.get("checking_seconds").asDouble();
        seconds.put("checks", report.get("checking_seconds").asDouble());
        double all = seconds.values().stream().mapToDouble(each -> each).sum();
        System.out.printf("%s: %.0f s, and %.0f s of measuring%n", seconds, all, measuring);
        assertEquals(
                bundle.resolve("data/cifar-10-batches-bin").toString(),
                new ObjectMapper()
                        .readTree(results.resolve("runs/training/config.json").toFile())
                        .at("/recipe/data")
                        .asText());
        assertTrue(all < 90, seconds.toString());
    }

    private interface Step {
        void run() throws IOException, InterruptedException;
    }

    private static void timed(Map<String, Double> seconds, String what, Step step)
            throws IOException, InterruptedException {
        long start = System.nanoTime();
        step.run();
        seconds.put(what, (System.nanoTime() - start) / 1e9);
    }

    /** The whole way, on the CPU: made, split, joined in an empty folder, trained with nothing in the environment. */
    @Test
    @Tag("bundle")
    void aBundleTrainsWithAnEmptyEnvironment() throws IOException, InterruptedException {
        Script made = Script.run(600, BUILDER, "--split", "60M", "--out", folder);
        assertEquals(0, made.code(), made.err());
        assertTrue(made.err().contains("step 1 of 4") && made.err().contains("90 % packed"), made.err());
        List<Path> found;
        try (var entries = Files.list(folder)) {
            found = entries.filter(path -> path.toString().endsWith(".parts")).toList();
        }
        parts = found.get(0);
        Path into = folder.resolve("another machine");
        assertEquals(0, join(into).code());
        Path bundle = into.resolve(parts.getFileName().toString().replace(".parts", ""));
        Path run = folder.resolve("run");
        Script trained = Script.run(
                300,
                "env",
                "-i",
                bundle.resolve("bin/dynafilter"),
                "train",
                "--data",
                "sample",
                "--backbone",
                "random",
                "--epochs",
                1,
                "--limit-train",
                1000,
                "--out",
                run);
        assertEquals(0, trained.code(), trained.err());
        assertTrue(Files.exists(run.resolve("best.pt")));
        Script doctor = Script.run(60, "env", "-i", bundle.resolve("bin/dynafilter"), "doctor");
        assertTrue(doctor.out().contains("cpu        works"), doctor.out() + doctor.err());
        assertTrue(doctor.out().contains("natives    in place, " + bundle), doctor.out());
        assertFalse(doctor.out().contains("mvn"), doctor.out());
    }
}
