package dynafilter.io;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;

/** This process, as people find it again. */
public final class ThisProcess {
    private static final Path LINUX_NAME = Path.of("/proc/sys/kernel/hostname");

    private ThisProcess() {}

    /** Its number and its host: {@code process 4711 on node-a}; the number alone where the host has no name. */
    public static String describe() {
        String process = "process " + ProcessHandle.current().pid();
        String host = host();
        return host.isEmpty() ? process : process + " on " + host;
    }

    /**
     * The host's name; empty where it has none. Asks the kernel first: a name that no server knows would keep the program
     * waiting for one's answer.
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
