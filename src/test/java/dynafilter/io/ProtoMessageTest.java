package dynafilter.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Bytes as the documentation of Protocol Buffers gives them, and as its rules make them. */
class ProtoMessageTest {
    private static void assertBytes(String expected, ProtoMessage message) {
        assertEquals(expected, HexFormat.ofDelimiter(" ").formatHex(message.toBytes()));
    }

    @Test
    void encodesTheExamplesOfTheDocumentation() {
        ProtoMessage a150 = new ProtoMessage().integer(1, 150);
        assertBytes("08 96 01", a150);
        assertBytes("12 07 74 65 73 74 69 6e 67", new ProtoMessage().text(2, "testing"));
        assertBytes("1a 03 08 96 01", new ProtoMessage().message(3, a150));
    }

    @Test
    void encodesNumbersOfEverySize() {
        assertBytes("08 00", new ProtoMessage().integer(1, 0));
        assertBytes("08 7f 08 80 01", new ProtoMessage().integer(1, 127).integer(1, 128));
        assertBytes("08 ff ff ff ff ff ff ff ff 7f", new ProtoMessage().integer(1, Long.MAX_VALUE));
        assertBytes("08 ff ff ff ff ff ff ff ff ff 01", new ProtoMessage().integer(1, -1));
        assertBytes("80 01 01", new ProtoMessage().integer(16, 1)); // fields from 16 on take two bytes
        assertBytes("09 00 00 00 00 00 00 f8 bf", new ProtoMessage().real64(1, -1.5));
        assertBytes("15 00 00 c0 3f", new ProtoMessage().real32(2, 1.5f));
    }
}
