package dynafilter.io;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The identity of this process for messages. */
public final class ThisProcess {
    private static final Path LINUX_NAME = Path.of("/proc/sys/kernel/hostname");

    private ThisProcess() {}

    /** The process's number and host: {@code process 4711 on node-a}; the number alone where the host has no name. */
    public static String describe() {
        String process = "process " + ProcessHandle.current().pid();
        String host = host();
        return host.isEmpty() ? process : process + " on " + host;
    }

    /**
     * The host's name; empty where it has none. The kernel is asked first: with a name that no name server knows, Java's own
     * look-up would wait for an answer.
     */
    public static String host() {
        try {
            return Files.readString(LINUX_NAME).strip();
        } catch (IOException anotherSystem) {
            try {
                return InetAddress.getLocalHost().getHostName();
            } catch (UnknownHostException nameless) {
                return "";
            }
        }
    }
}
