package dynafilter.report.tensorboard;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dynafilter.io.ProtoMessage;
import dynafilter.runfolder.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileTest {
    @TempDir
    private Path folder;

    /** Of RFC 3720, appendix B.4, and of the catalogue of CRCs; masked as TensorFlow documents for its records. */
    @Test
    void checksumsAreThoseOfPublishedVectors() {
        assertChecksum(0xe3069283, "123456789".getBytes(US_ASCII));
        assertChecksum(0x8a9136aa, new byte[32]);
    }

    private static void assertChecksum(int expected, byte[] bytes) {
        int masked = EventFile.maskedCrc(bytes, 0, bytes.length);
        assertEquals(((expected >>> 15) | (expected << 17)) + 0xa282ead8, masked);
    }

    @Test
    void framesARecordAsTensorFlowDoes() throws IOException {
        Path path = folder.resolve("events");
        try (EventFile file = new EventFile(path)) {
            file.append(List.of(new ProtoMessage().text(3, "brain.Event:2").bytes(4, new byte[7])));
        }
        byte[] bytes = Files.readAllBytes(path);
        assertEquals(8 + 4 + 24 + 4, bytes.length);
        // So begins every event file of TensorFlow: 24 bytes, and the checksum of that.
        assertEquals("1800000000000000a37f4b22", HexFormat.of().formatHex(bytes, 0, 12));
    }

    @Test
    void aNewFileComesBehindThoseThatAreThere() throws IOException {
        RunDirectory run = new RunDirectory(folder);
        for (int i = 0; i < 12; i++) {
            EventFile.create(run).close(); // within one second
        }
        Path future = run.tensorboard().resolve(RunDirectory.EVENTS + "4102444800.host.7");
        Files.createFile(future);
        try (EventFile last = EventFile.create(run)) {
            List<Path> files = run.eventFiles();
            assertEquals(14, files.size());
            assertEquals(future, files.get(12));
            assertEquals(last.path(), files.get(13));
        }
    }
}
