package dynafilter.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether two paths lead to one file or folder, by whatever links and detours. */
public final class SameFile {
    private SameFile() {}

    /** True: both lead to the same file or folder, which is there; false: they do not, or it cannot be told. */
    public static boolean of(Path one, Path other) {
        try {
            return Files.exists(one) && Files.isSameFile(one, other);
        } catch (IOException unreadable) {
            return false;
        }
    }
}
