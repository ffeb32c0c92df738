package dynafilter.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChecksumTest {
    private static final String ABC_SHA256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    @Test
    void matchesWholeHashesAndPrefixes(@TempDir Path temp) throws IOException {
        Path file = Files.writeString(temp.resolve("abc"), "abc");
        Checksum whole = Checksum.sha256(ABC_SHA256);
        assertEquals(ABC_SHA256, whole.hash(file));
        assertTrue(whole.matches(whole.hash(file)));
        assertTrue(Checksum.sha256("BA7816BF").matches(whole.hash(file)));
        assertFalse(Checksum.sha256("ba7816b0").matches(whole.hash(file)));
        assertEquals(
                "900150983cd24fb0d6963f7d28e17f72", Checksum.md5("90015098").hash(file));
    }

    @Test
    void readsThePrefixInPyTorchsFileNames() {
        assertEquals(Optional.of(Checksum.sha256("f37072fd")), Checksum.inName("resnet18-f37072fd.pth"));
        assertEquals(Optional.empty(), Checksum.inName("resnet18.pth"));
        assertEquals(Optional.empty(), Checksum.inName("resnet18-better.pth"));
    }

    @Test
    void refusesWhatIsNoHash() {
        assertThrows(IllegalArgumentException.class, () -> Checksum.md5("1234"));
        assertThrows(IllegalArgumentException.class, () -> Checksum.md5(ABC_SHA256));
        assertThrows(IllegalArgumentException.class, () -> Checksum.sha256("not hexadecimal"));
    }
}
