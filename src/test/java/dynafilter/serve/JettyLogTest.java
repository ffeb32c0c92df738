package dynafilter.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

class JettyLogTest {
    @Test
    void warningsAreTheProgramsAndTheRestIsForTheDebugLog() {
        Logger jetty = LoggerFactory.getLogger("org.eclipse.jetty.server.Server");
        assertFalse(jetty.isDebugEnabled());
        assertFalse(jetty.isTraceEnabled());
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintStream before = System.err;
        System.setErr(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            jetty.warn("{} is {}", "the port", "taken", new IllegalStateException("why"));
            jetty.info("Started {}", "Server");
            jetty.debug("a step");
        } finally {
            System.setErr(before);
        }
        assertEquals(
                "dynafilter: the port is taken",
                printed.toString(StandardCharsets.UTF_8).strip());
        assertTrue(jetty.isWarnEnabled() && jetty.isInfoEnabled());
    }
}
