package dynafilter.io;

import java.util.Collection;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Tables as RFC 4180 has them, for spreadsheets and data frames, with a line feed behind each row. */
public final class Csv {
    /** The characters with which spreadsheets take a cell for a formula, which may run programs (OWASP, "CSV Injection"). */
    private static final String FORMULA = "=+-@\t\r";

    private Csv() {}

    /** A row without its line feed; null is an empty cell. */
    public static String row(Stream<? extends @Nullable Object> cells) {
        return cells.map(cell -> cell == null ? "" : quoted(cell.toString())).collect(Collectors.joining(","));
    }

    private static String quoted(String cell) {
        return cell.matches("[^\",\\n\\r]*") ? cell : '"' + cell.replace("\"", "\"\"") + '"';
    }

    /** The rows as the text of a file. */
    public static String text(Collection<String> rows) {
        return rows.stream().map(row -> row + "\n").collect(Collectors.joining());
    }

    /** A relative path that no spreadsheet takes for a formula, and that names the same file. */
    public static String path(String path) {
        return isFormula(path) ? "./" + path : path;
    }

    /** A name that no spreadsheet takes for a formula: behind an apostrophe where it would. */
    public static String name(String name) {
        return isFormula(name) ? "'" + name : name;
    }

    private static boolean isFormula(String text) {
        return !text.isEmpty() && FORMULA.indexOf(text.charAt(0)) >= 0;
    }
}
