package dynafilter.report;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Numbers as text for people; a dash stands for a number that is missing or not finite. */
public final class Numbers {
    /** The text of a missing number. */
    public static final String NONE = "–";

    private Numbers() {}

    /** Formats values in the root locale. */
    public static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }

    /** A share in [0, 1] in percent, such as "85.04 %". */
    public static String percent(double share) {
        return Double.isFinite(share) ? format("%.2f %%", 100 * share) : NONE;
    }

    /** A difference of shares in percentage points, such as "+0.35". */
    public static String points(double share) {
        return Double.isFinite(share) ? signed("%+.2f", 100 * share) : NONE;
    }

    /** A loss, with four decimals. */
    public static String loss(double loss) {
        return Double.isFinite(loss) ? format("%.4f", loss) : NONE;
    }

    /** A number rounded to a whole one, with separators between thousands. */
    public static String count(double number) {
        return Double.isFinite(number) ? format("%,.0f", number) : NONE;
    }

    /** A whole number with separators between thousands. */
    public static String count(@Nullable Long number) {
        return number == null ? NONE : count((double) number);
    }

    /** A value as text, whatever its kind. */
    public static String known(@Nullable Object value) {
        return value == null ? NONE : value.toString();
    }

    /** A count with its noun, such as "1 epoch" or "20 epochs". */
    public static String plural(long number, String one) {
        return format("%,d %s", number, number == 1 ? one : one + "s");
    }

    /** A learning rate with two digits, such as "0.25" or "1.2e-06". */
    public static String rate(double rate) {
        return Double.isFinite(rate) ? format("%.2g", rate) : NONE;
    }

    /** A number of bytes in MiB. */
    public static String megabytes(double bytes) {
        return Double.isFinite(bytes) ? format("%,.0f MiB", bytes / (1 << 20)) : NONE;
    }

    /** A duration in seconds, in the units that suit it, such as "3 min 12 s". */
    public static String duration(double seconds) {
        if (!Double.isFinite(seconds)) {
            return NONE;
        }
        long whole = Math.round(seconds);
        return whole < 10
                ? format("%.1f s", seconds)
                : whole < 60
                        ? whole + " s"
                        : whole < 3600
                                ? whole / 60 + " min " + whole % 60 + " s"
                                : whole / 3600 + " h " + whole % 3600 / 60 + " min";
    }

    /** A formatted number with the minus sign that is as wide as a plus. */
    public static String signed(String pattern, double value) {
        return Double.isFinite(value) ? format(pattern, value).replace('-', '−') : NONE;
    }
}
