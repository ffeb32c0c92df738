package dynafilter.run;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.train.Progress;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import org.junit.jupiter.api.Test;

class TerminalTest {
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

    private Terminal terminal(Terminal.Style style, Charset charset) {
        return new Terminal(style, new PrintStream(printed, true, UTF_8), charset);
    }

    private String printed() {
        return printed.toString(UTF_8);
    }

    @Test
    void aBarReplacesItselfAndNeverWraps() {
        Terminal terminal = terminal(Terminal.Style.BAR, UTF_8);
        terminal.show(0.5, "half");
        terminal.show(1, "all");
        String clear = "\r\033[K";
        assertEquals(clear + "\033[?7l━━━━━╌╌╌╌╌  half\033[?7h" + clear + "\033[?7l━━━━━━━━━━  all\033[?7h", printed());
        terminal.clear();
        terminal.clear();
        assertTrue(printed().endsWith("all\033[?7h" + clear), "cleared once");
    }

    @Test
    void aBarIsPlainWhereTheTerminalKnowsNoBoxes() {
        terminal(Terminal.Style.BAR, US_ASCII).show(0.3, "x");
        assertTrue(printed().contains("###-------  x"), printed());
    }

    @Test
    void aTrainingBarFitsInto80Columns() {
        ConsoleListener report =
                new ConsoleListener(terminal(Terminal.Style.BAR, UTF_8), 100, "test", ComparisonPlace.ALONE);
        report.progress(new Progress(100, 100, 195, 195, 12.3456, 0.9999, 98_765, 7 * 3600));
        String text = printed().replaceAll("\033\\[[?\\d]*[A-Za-z]|\r", "");
        assertEquals("━━━━━━━━━━  epoch 100/100  7:00:00 left  loss 12.346  acc 100.0 %  98,765 img/s", text);
        assertTrue(text.length() <= 80, text);
    }

    /** Two of three runs are done and half of the third: a minute for each, so half a minute is left. */
    @Test
    void aComparisonShowsWhatIsLeftOfTheWhole() {
        long began = System.nanoTime() - 150_000_000_000L;
        ComparisonPlace position =
                new ComparisonPlace(3, 3, 1, "static seed 0", began, "dynafilter compare --resume x");
        Progress progress = new Progress(2, 3, 5, 10, 1.5, 0.5, 1000, 3);
        assertEquals(2.5 / 3, position.share(progress), 1e-9);
        assertEquals(30, position.secondsLeft(progress), 0.5);
        ConsoleListener report = new ConsoleListener(terminal(Terminal.Style.BAR, UTF_8), 3, "test", position);
        report.progress(progress);
        assertTrue(printed().contains("run 3/3 static seed 0  epoch 2/3  0:30 left"), printed());
    }

    @Test
    void plainProgressIsRareAndNoneIsSilent() {
        for (Terminal.Style style : new Terminal.Style[] {Terminal.Style.PLAIN, Terminal.Style.NONE}) {
            Terminal terminal = terminal(style, UTF_8);
            for (int i = 0; i < 100; i++) {
                terminal.show(i / 100.0, "text");
            }
            terminal.clear();
            assertEquals("", printed());
        }
    }

    @Test
    void downloadsShowMegabytes() {
        Terminal terminal = terminal(Terminal.Style.BAR, UTF_8);
        terminal.bytes(51_200_000, 170_498_071);
        assertTrue(printed().contains("━━━╌╌╌╌╌╌╌  51.2 of 170.5 MB"), printed());
        terminal.bytes(1_000_000, -1);
        assertTrue(printed().contains("╌╌╌╌╌╌╌╌╌╌  1.0 MB"), printed());
    }

    @Test
    void timesReadLikeAClock() {
        assertEquals("0:00", Terminal.duration(0.2));
        assertEquals("12:34", Terminal.duration(12 * 60 + 34));
        assertEquals("1:05:09", Terminal.duration(3600 + 5 * 60 + 9));
    }
}
