package dynafilter.io;

/** Words for commands that are shown to be copied into a shell. */
public final class ShellWord {
    private ShellWord() {}

    /** The text as one word: quoted where a POSIX shell would take it for anything else. */
    public static String of(Object text) {
        String word = text.toString();
        return word.matches("[\\w@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
