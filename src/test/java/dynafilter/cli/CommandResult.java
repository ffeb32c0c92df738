package dynafilter.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.run.StandardOutput;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;

/** How a command line ended: its exit code and what it printed. */
record CommandResult(int code, String out, String err) {
    /** Runs a command line in this process. */
    static CommandResult of(Object... arguments) {
        String[] words = new String[arguments.length];
        for (int i = 0; i < words.length; i++) {
            words[i] = arguments[i].toString();
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        CommandResult outcome = into(out, words);
        return new CommandResult(outcome.code, out.toString(UTF_8), outcome.err);
    }

    /** Runs a command line in this process that prints to a stream. */
    static CommandResult into(OutputStream out, String... words) {
        PrintStream standardErr = System.err;
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code;
        try {
            System.setErr(new PrintStream(err, true, UTF_8));
            code = Main.run(new StandardOutput(out, UTF_8), words);
        } finally {
            System.setErr(standardErr);
        }
        return new CommandResult(code, "", err.toString(UTF_8));
    }

    /** Runs a command line in this process that must succeed without a word on stderr. */
    static CommandResult ofSuccess(Object... arguments) {
        CommandResult outcome = of(arguments);
        assertEquals(0, outcome.code, outcome.err);
        assertEquals("", outcome.err);
        return outcome;
    }

    /** One line on stderr with each of these parts, no stack trace, exit code 2. */
    void assertRefused(Object... parts) {
        assertFailed(2, parts);
        assertEquals(1, err.lines().count(), err);
    }

    /** As {@link #assertRefused}, by one process of several: another line with its rank in front may stand beside. */
    void assertRefusedByRank(Object... parts) {
        assertEquals(2, code, err);
        for (Object part : parts) {
            assertTrue(err.matches("(?s)\\[\\d+\\] dynafilter: .*") && err.contains(part.toString()), err);
        }
        assertEquals(1, err.lines().count(), err);
    }

    /** The last line on stderr has each of these parts. */
    void assertFailed(int expected, Object... parts) {
        assertEquals(expected, code, err);
        String line = err.lines().reduce((first, second) -> second).orElse("");
        assertTrue(line.startsWith("dynafilter: "), err);
        for (Object part : parts) {
            assertTrue(line.contains(part.toString()), () -> "no \"" + part + "\" in: " + err);
        }
        assertTrue(!err.contains("\tat ") && !err.contains("Exception"), err);
    }

    /** The lines of stdout that begin so. */
    String line(String start) {
        return out.lines().filter(line -> line.startsWith(start)).findFirst().orElse("");
    }
}
