package dynafilter.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The user's home folder, even for a user number that the system does not know, as in some containers. */
public final class HomeFolder {
    private HomeFolder() {}

    /**
     * The home folder of the user, or a folder for temporary files in its place. Java calls an unknown user's home "?", which
     * would be a folder wherever the program happens to be started.
     */
    public static Path find() {
        return find(System.getProperty("user.home"), System.getenv());
    }

    static Path find(String known, Map<String, String> environment) {
        Path home = Path.of(known);
        if (home.isAbsolute()) {
            return home;
        }
        Path told = Path.of(environment.getOrDefault("HOME", ""));
        return told.isAbsolute() && Files.isDirectory(told) && Files.isWritable(told)
                ? told
                : Path.of(System.getProperty("java.io.tmpdir"), "dynafilter-user-" + user());
    }

    private static String user() {
        try {
            return Files.getAttribute(Path.of("/proc/self"), "unix:uid").toString();
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException unknown) {
            return "unknown";
        }
    }
}
