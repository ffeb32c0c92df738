package dynafilter.data;

import dynafilter.io.FileNames;
import dynafilter.io.InputException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The order, the checks and the short form of class names. */
public final class ClassNames {
    private static final int SHOWN = 12;

    /** The order of Unicode code points, as Python sorts: Java's own order differs beyond the basic plane. */
    public static final Comparator<String> ORDER = ClassNames::compare;

    private ClassNames() {}

    private static int compare(String one, String other) {
        int common = Math.min(one.length(), other.length());
        for (int i = 0; i < common; i++) {
            char a = one.charAt(i);
            char b = other.charAt(i);
            if (a != b) {
                boolean beyond = Character.isSurrogate(a) != Character.isSurrogate(b);
                return beyond ? Boolean.compare(Character.isSurrogate(a), Character.isSurrogate(b)) : a - b;
            }
        }
        return one.length() - other.length();
    }

    /** The names as people read them, such as "[cat, dog]"; shortened where there are many. */
    public static String shown(List<String> names) {
        return names.size() <= SHOWN
                ? names.toString()
                : "[" + String.join(", ", names.subList(0, SHOWN - 2)) + " and " + (names.size() - SHOWN + 2)
                        + " more]";
    }

    /**
     * Refuses names that people or file systems would take for one another, and names that no list can hold.
     *
     * @param folder the folder whose subfolders have these names
     * @throws InputException for the first such name, or pair of names
     */
    public static void check(Path folder, List<String> names) {
        Map<String, String> seen = new HashMap<>();
        for (String name : names) {
            if (leavesItsLine(name)) {
                throw new InputException(
                        folder + " has a class folder with a line break or control character in its name ("
                                + FileNames.shown(name) + "): rename it");
            }
            if (!name.equals(FileNames.shown(name))) {
                throw new InputException(folder + " has a class folder whose name is no UTF-8 (" + FileNames.shown(name)
                        + "): rename it");
            }
            String other = seen.put(key(name), name);
            if (other != null) {
                String how = Normalizer.normalize(name, Normalizer.Form.NFC)
                                .equals(Normalizer.normalize(other, Normalizer.Form.NFC))
                        ? "look alike but are written with different Unicode characters"
                        : "differ only in case";
                throw new InputException(folder + " has the classes " + other + " and " + name + ", which " + how
                        + ": rename one, or put their images together");
            }
        }
    }

    /**
     * Refuses names of a file that would not stay on their line, or tell a terminal what to do.
     *
     * @throws InputException for the first such name
     */
    public static void checkLines(Path file, List<String> names) {
        names.stream().filter(ClassNames::leavesItsLine).findFirst().ifPresent(name -> {
            throw new InputException(file + " names a class with a line break or control character ("
                    + FileNames.shown(name) + "): have its writer rename it");
        });
    }

    private static boolean leavesItsLine(String name) {
        return name.codePoints().anyMatch(Character::isISOControl);
    }

    /** A key that is equal for names that look alike: normalised Unicode (NFC) in lower case. */
    public static String key(String name) {
        return Normalizer.normalize(
                Normalizer.normalize(name, Normalizer.Form.NFC).toLowerCase(Locale.ROOT), Normalizer.Form.NFC);
    }
}
