package dynafilter.io;

/** Quoting for commands that people copy into a shell. */
public final class ShellWord {
    private ShellWord() {}

    /** The text as one word of a POSIX shell, quoted where that is necessary. */
    public static String of(Object text) {
        String word = text.toString();
        return word.matches("[\\w@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
