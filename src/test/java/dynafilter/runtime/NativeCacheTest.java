package dynafilter.runtime;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dynafilter.io.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.bytedeco.javacpp.Loader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeCacheTest {
    private static final String NAMED = "org.bytedeco.javacpp.cachedir";

    @TempDir
    private Path folder;

    private static Optional<String> problem(Path folder) throws IOException {
        NativeCache cache = NativeCache.of(folder, "torch-1");
        if (Files.isDirectory(folder)) {
            Files.write(cache.marker(), new byte[0]); // makes the free space of this machine no matter
        }
        return cache.problem();
    }

    @Test
    void aFolderThatProgramsMayRunFromWillDo() throws IOException {
        assertEquals(Optional.empty(), problem(folder));
        assertEquals(Optional.of("a file is in the way"), problem(Files.createFile(folder.resolve("file"))));
    }

    @Test
    void aFolderThatNoProgramMayRunFromWillNotDo() throws IOException {
        Path shared = Path.of("/dev/shm"); // mounted noexec in containers
        assumeTrue(
                Files.isWritable(shared)
                        && Files.readString(Path.of("/proc/self/mounts")).matches("(?s).* /dev/shm \\w+ \\S*noexec.*"),
                "there is no file system here that runs no programs");
        Path inside = Files.createTempDirectory(shared, "natives");
        try {
            assertEquals(
                    Optional.of("programs may not be run from there (its file system is mounted noexec)"),
                    problem(inside));
        } finally {
            Files.deleteIfExists(NativeCache.of(inside, "torch-1").marker());
            Files.delete(inside);
        }
    }

    @Test
    void halvesThatAKilledProcessLeftAreUnpackedAgain() throws IOException {
        String inJar = "/org/bytedeco/pytorch/" + Loader.getPlatform() + "/";
        URL whole = NativeCacheTest.class.getResource(inJar + System.mapLibraryName("torch"));
        assumeTrue(whole != null && whole.getProtocol().equals("jar"), "the natives of this build are elsewhere");
        String jar = whole.toString().replaceAll("!.*", "").replaceAll(".*/", "");
        Path unpacked = Files.createDirectories(folder.resolve(jar + inJar));
        Path complete = unpacked.resolve(System.mapLibraryName("torch"));
        try (InputStream in = whole.openStream()) {
            Files.copy(in, complete);
        }
        Path half = Files.write(unpacked.resolve(System.mapLibraryName("torch_cpu")), new byte[1000]);
        Path link = Files.createSymbolicLink(unpacked.resolve("libgomp.so"), half.getFileName());
        Path ofAnother =
                Files.createDirectories(folder.resolve("other.jar" + inJar)).resolve(half.getFileName());
        Files.write(ofAnother, new byte[1000]);
        NativeCache.of(folder, "torch-1").deleteHalves();
        assertFalse(Files.exists(half));
        for (Path kept : List.of(complete, link, ofAnother)) {
            assertTrue(Files.exists(kept, NOFOLLOW_LINKS), kept.toString());
        }
    }

    /** JavaCPP itself would go to another folder, and fill that. */
    @Test
    void aNamedFolderIsTakenOrRefused() throws IOException {
        String before = System.getProperty(NAMED);
        Path file = Files.createFile(folder.resolve("file"));
        try {
            NativeCache.use(file);
            assertEquals(
                    "the native libraries cannot be unpacked into " + file + ": a file is in the way; unpack them"
                            + " elsewhere with --native-cache DIR (or DYNAFILTER_NATIVE_CACHE=DIR)",
                    assertThrows(InputException.class, () -> NativeCache.find("torch-1"))
                            .getMessage());
        } finally {
            if (before == null) {
                System.clearProperty(NAMED);
            } else {
                System.setProperty(NAMED, before);
            }
        }
        assertEquals(Loader.getCacheDir().toPath(), NativeCache.find("torch-1").folder());
    }

    @Test
    void aUserWithoutAHomeHasOneAllTheSame() {
        assertEquals(Path.of("/home/a"), HomeFolder.find("/home/a", Map.of("HOME", folder.toString())));
        assertEquals(folder, HomeFolder.find("?", Map.of("HOME", folder.toString())));
        for (Map<String, String> none : List.of(
                Map.<String, String>of(), Map.of("HOME", folder.resolve("none").toString()))) {
            Path home = HomeFolder.find("?", none);
            assertTrue(home.startsWith(System.getProperty("java.io.tmpdir")), home.toString());
            assertTrue(home.getFileName().toString().startsWith("dynafilter-user-"), home.toString());
        }
    }

    @Test
    void aLimitOnTheAddressSpaceIsReadFromTheKernel() {
        String header = "Limit                     Soft Limit           Hard Limit           Units     \n";
        String status = "VmPeak:\t 6000 kB\nVmSize:\t 5000 kB\n";
        assertEquals(
                OptionalLong.of(1024 * 1000),
                AddressSpace.left(
                        header + "Max address space         6144000              unlimited            bytes     \n",
                        status));
        assertEquals(
                OptionalLong.empty(),
                AddressSpace.left(
                        header + "Max address space         unlimited            unlimited            bytes     \n",
                        status));
    }
}
