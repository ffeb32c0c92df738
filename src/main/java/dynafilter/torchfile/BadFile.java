package dynafilter.torchfile;

import java.io.EOFException;
import java.io.IOException;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/** A file that cannot be read as a checkpoint. The message goes on where the file's name ends: "is damaged: ...". */
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

    /** What a failure of reading says of the file: an end too early or a zip file that is none is damage, a failing disk is not. */
    static BadFile unreadable(IOException failure) {
        String why = String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
        return failure instanceof ZipException || failure instanceof EOFException
                ? damaged(why, failure)
                : new BadFile("cannot be read: " + why + "; check the disk and the permissions", failure);
    }

    static BadFile refused(String what) {
        return new BadFile(what, null);
    }

    /** A name out of the file, made fit for one line on a terminal. */
    public static String shown(String name) {
        String cut = name.length() > 80 ? name.substring(0, 80) + "..." : name;
        return cut.replaceAll("[^\\x20-\\x7e]", "?");
    }
}
