package dynafilter.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What JavaCPP throws, as it was seen on machines where natives cannot be loaded, and what users read. */
class LoadFailureTest {
    private static final String BEGINNING = "cannot load libtorch on " + NativeRuntime.platform() + ": ";
    private static final String FREE = "; free some space there (a quota may be used up), or ";
    private static final String ELSEWHERE =
            "unpack them elsewhere with --native-cache DIR (or DYNAFILTER_NATIVE_CACHE=DIR)";

    @TempDir
    private Path folder;

    private static LinkageError error(String message, Throwable cause) {
        LinkageError error = new UnsatisfiedLinkError(message);
        if (cause != null) {
            error.initCause(cause);
        }
        return error;
    }

    /** JavaCPP's last resort is Java's library path, and that is all its own message speaks of. */
    private static LinkageError ofFile(String reason) {
        return error("no jnitorch in java.library.path: /lib:/usr/lib", error("/c/l.so: /c/l.so: " + reason, null));
    }

    private String told(LinkageError error, OptionalLong addressSpace) {
        Path unpacked = folder.resolve("unpacked"); // makes the free space of this machine no matter
        NativeCache cache = new NativeCache(folder, unpacked);
        try {
            Files.write(unpacked, new byte[0]);
        } catch (IOException full) {
            throw new IllegalStateException(full);
        }
        return new LoadFailure(error, cache, addressSpace).toUser().getMessage();
    }

    private String told(LinkageError error) {
        return told(error, OptionalLong.empty());
    }

    @Test
    void aFullDiskOrQuotaIsSaidToBeOne() {
        for (String reason : new String[] {"No space left on device", "Disk quota exceeded"}) {
            assertEquals(
                    BEGINNING + reason + "; the native libraries, " + NativeCache.size() + ", are unpacked into "
                            + folder + FREE + ELSEWHERE,
                    told(error("java.io.IOException: " + reason, new IOException(reason))));
        }
    }

    @Test
    void aLibraryOfOursThatIsAbsentCouldNotBeUnpacked() {
        String reason =
                System.mapLibraryName("torch_cpu") + ": cannot open shared object file: No such file or directory";
        assertTrue(
                told(ofFile(reason)).endsWith(" are unpacked into " + folder + FREE + ELSEWHERE), told(ofFile(reason)));
        String ofSystem = "libc.musl-x86_64.so.1: cannot open shared object file: No such file or directory";
        assertTrue(told(ofFile(ofSystem)).contains("; Linux x86-64 needs glibc 2.28 or newer"), told(ofFile(ofSystem)));
    }

    @Test
    void aLimitOnTheAddressSpaceIsNamedWithWhatIsLeft() {
        String reason = "failed to map segment from shared object";
        assertEquals(
                BEGINNING + "/c/l.so: " + reason
                        + "; only 0.14 GB of address space are left (ulimit -v): raise the limit"
                        + " (ulimit -v, or the job's memory), or let Java reserve less: JAVA_OPTS='-Xmx1g"
                        + " -XX:CompressedClassSpaceSize=64m'",
                told(ofFile(reason), OptionalLong.of(140_000_000)));
    }

    @Test
    void whatElseIsWrongWithAFileIsTheLoadersOwnReason() {
        assertEquals(
                BEGINNING + "/c/l.so: file too short; Linux x86-64 needs glibc 2.28 or newer; if this machine has it,"
                        + " delete " + folder + ", where they are unpacked, or " + ELSEWHERE,
                told(ofFile("file too short")));
        assertEquals(
                BEGINNING + "/lib/libm.so.6: version `GLIBC_2.27' not found; Linux x86-64 needs glibc 2.28 or newer",
                new LoadFailure(
                                error("/lib/libm.so.6: version `GLIBC_2.27' not found", null),
                                null,
                                OptionalLong.empty())
                        .toUser()
                        .getMessage());
    }

    @Test
    void onlyNativesThatAreMissingNeedAnotherBuild() {
        LinkageError missing = error("no jnitorch in java.library.path: /lib:/usr/lib", null);
        assertTrue(told(missing).endsWith("; rebuild with `mvn package` on this machine"), told(missing));
        System.setProperty("dynafilter.bundle", "true");
        try {
            assertTrue(
                    told(missing).endsWith("; a part of this bundle is missing: join and unpack it again"),
                    told(missing));
            String cuda = new CudaDiagnosis(false, new LibrarySearch(null, System.getenv(), folder), folder)
                    .problem()
                    .orElseThrow();
            assertTrue(cuda.contains("scripts/portable-bundle --device cuda") && !cuda.contains("mvn"), cuda);
        } finally {
            System.clearProperty("dynafilter.bundle");
        }
    }
}
