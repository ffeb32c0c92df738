package dynafilter.checkpoint;

/** A file that cannot be read as a checkpoint. The message goes on where the file's name ends: "is damaged: ...". */
final class BadFile extends RuntimeException {
    private BadFile(String message, Throwable cause) {
        super(message, cause);
    }

    static BadFile damaged(String what) {
        return damaged(what, null);
    }

    static BadFile damaged(String what, Throwable cause) {
        return new BadFile("is damaged or incomplete: " + what + "; copy, download or save it again", cause);
    }

    static BadFile refused(String what) {
        return new BadFile(what, null);
    }

    /** A name out of the file, made fit for one line on a terminal. */
    static String shown(String name) {
        String cut = name.length() > 80 ? name.substring(0, 80) + "..." : name;
        return cut.replaceAll("[^\\x20-\\x7e]", "?");
    }
}
