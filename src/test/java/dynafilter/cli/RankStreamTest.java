package dynafilter.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;

class RankStreamTest {
    @Test
    void putsTheRankInFrontOfWholeLines() {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintStream stream = RankStream.of(new PrintStream(printed, true, UTF_8), 3);
        stream.print("one");
        assertEquals("", printed.toString(UTF_8), "half a line waits");
        stream.println(" and two");
        stream.print("three\n\nfour\n" + "x".repeat(1000) + "\n");
        assertEquals(
                "[3] one and two\n[3] three\n[3] \n[3] four\n[3] " + "x".repeat(1000) + "\n", printed.toString(UTF_8));
    }
}
