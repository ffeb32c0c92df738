package dynafilter.torchfile;

import java.io.EOFException;
import java.io.IOException;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * Tells that a file cannot be read as a checkpoint. The message continues a sentence that begins with the file's name: "is
 * damaged: ...".
 */
public final class BadFile extends RuntimeException {
    private BadFile(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    static BadFile damaged(String what) {
        return damaged(what, null);
    }

    static BadFile damaged(String what, @Nullable Throwable cause) {
        return new BadFile("is damaged or incomplete: " + what + "; copy, download or save it again", cause);
    }

    /**
     * The error for a failure of reading: a file that ends early or is a broken zip file is damaged, and a failing disk is
     * named as such.
     */
    static BadFile unreadable(IOException failure) {
        String why = String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
        return failure instanceof ZipException || failure instanceof EOFException
                ? damaged(why, failure)
                : new BadFile("cannot be read: " + why + "; check the disk and the permissions", failure);
    }

    static BadFile refused(String what) {
        return new BadFile(what, null);
    }

    /** A name from the file, shortened and in printable ASCII, so that a terminal can show it. */
    public static String shown(String name) {
        String cut = name.length() > 80 ? name.substring(0, 80) + "..." : name;
        return cut.replaceAll("[^\\x20-\\x7e]", "?");
    }
}
