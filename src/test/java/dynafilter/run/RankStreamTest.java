package dynafilter.run;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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

    @Test
    void aProgressBarIsShownAtOnceAndHasNoRank() {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintStream stream = RankStream.of(new PrintStream(printed, true, UTF_8), 0);
        Terminal terminal = new Terminal(Terminal.Style.BAR, stream, UTF_8);
        terminal.show(0.5, "half");
        assertTrue(printed.toString(UTF_8).matches("(?s)\r.*half.*"), printed.toString(UTF_8));
        terminal.clear();
        stream.println("a line");
        assertTrue(printed.toString(UTF_8).endsWith("\r\033[K[0] a line\n"), printed.toString(UTF_8));
    }
}
