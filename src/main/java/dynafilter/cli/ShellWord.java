package dynafilter.cli;

import java.nio.file.Path;

/** A path as a word of a shell's command line, to copy. */
final class ShellWord {
    private ShellWord() {}

    static String of(Path path) {
        return of(path.toString());
    }

    static String of(String word) {
        return word.matches("[\\w@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
