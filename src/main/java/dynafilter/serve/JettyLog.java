package dynafilter.serve;

import dynafilter.run.Logging;
import org.jspecify.annotations.Nullable;
import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/**
 * The way from SLF4J, which Jetty writes to, to the program's log: warnings stay warnings, what Jetty only informs of is for the
 * debug log, and its own debug messages, which it asks about at every step of a request, are nobody's.
 */
public final class JettyLog implements SLF4JServiceProvider {
    private static final String API = "2.0.99"; // any 2.0

    private final ILoggerFactory loggers = Forwarding::new;
    private final IMarkerFactory markers = new BasicMarkerFactory();
    private final MDCAdapter context = new NOPMDCAdapter();

    @Override
    public ILoggerFactory getLoggerFactory() {
        return loggers;
    }

    @Override
    public IMarkerFactory getMarkerFactory() {
        return markers;
    }

    @Override
    public MDCAdapter getMDCAdapter() {
        return context;
    }

    @Override
    public String getRequestedApiVersion() {
        return API;
    }

    @Override
    public void initialize() {
        // All is there.
    }

    /** A logger of SLF4J that hands on what it gets. */
    private static final class Forwarding extends LegacyAbstractLogger {
        private static final long serialVersionUID = 1;

        Forwarding(String name) {
            this.name = name;
        }

        @Override
        public boolean isTraceEnabled() {
            return false;
        }

        @Override
        public boolean isDebugEnabled() {
            return false;
        }

        @Override
        public boolean isInfoEnabled() {
            return true;
        }

        @Override
        public boolean isWarnEnabled() {
            return true;
        }

        @Override
        public boolean isErrorEnabled() {
            return true;
        }

        @Override
        protected @Nullable String getFullyQualifiedCallerName() {
            return null;
        }

        @Override
        protected void handleNormalizedLoggingCall(
                Level level,
                @Nullable Marker marker,
                String pattern,
                Object @Nullable [] arguments,
                @Nullable Throwable thrown) {
            String text = MessageFormatter.basicArrayFormat(pattern, arguments);
            if (level.toInt() >= Level.WARN.toInt()) {
                Logging.log().warn("{}", text);
            } else {
                Logging.log().debug("{}", text);
            }
            if (thrown != null) {
                Logging.debug(thrown);
            }
        }
    }
}
