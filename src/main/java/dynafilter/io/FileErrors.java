package dynafilter.io;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;

/** Descriptions of the errors of the file system and the network. */
public final class FileErrors {
    private FileErrors() {}

    /** The reason of a failure in a few words. The message of Java's file exceptions is the path, and often nothing else. */
    public static String reason(IOException e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (e instanceof NoSuchFileException) {
            return "no such file or folder";
        }
        if (e instanceof FileAlreadyExistsException) {
            return "a file is in the way";
        }
        if (e instanceof FileSystemException file && file.getReason() != null) {
            return file.getReason();
        }
        return e.getMessage() == null || e instanceof FileSystemException
                ? e.getClass().getSimpleName()
                : e.getMessage();
    }

    /**
     * True: the disk is full or a quota is used up; false: the failure is another. Java has no exception for it, so this
     * compares the texts of Linux, macOS and Windows.
     */
    public static boolean isNoSpace(IOException e) {
        String reason = reason(e).toLowerCase(Locale.ROOT);
        return reason.contains("no space left")
                || reason.contains("not enough space")
                || reason.contains("quota exceeded");
    }
}
