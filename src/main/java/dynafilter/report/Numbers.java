package dynafilter.report;

import java.util.Locale;

/** Numbers as people read them; a dash for what is not there. */
public final class Numbers {
    public static final String NONE = "–";

    private Numbers() {}

    public static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern, values);
    }

    /** A share of one as "85.04 %". */
    public static String percent(double share) {
        return Double.isFinite(share) ? format("%.2f %%", 100 * share) : NONE;
    }

    /** A difference of shares as "+0.35". */
    public static String points(double share) {
        return Double.isFinite(share) ? signed("%+.2f", 100 * share) : NONE;
    }

    public static String loss(double loss) {
        return Double.isFinite(loss) ? format("%.4f", loss) : NONE;
    }

    public static String count(double number) {
        return Double.isFinite(number) ? format("%,.0f", number) : NONE;
    }

    public static String count(Long number) {
        return number == null ? NONE : count((double) number);
    }

    /** The text or the number, if there is one. */
    public static String known(Object value) {
        return value == null ? NONE : value.toString();
    }

    /** As "1 epoch" or "20 epochs". */
    public static String plural(long number, String one) {
        return format("%,d %s", number, number == 1 ? one : one + "s");
    }

    /** Two digits, as "0.25" or "1.2e-06". */
    public static String rate(double rate) {
        return Double.isFinite(rate) ? format("%.2g", rate) : NONE;
    }

    public static String megabytes(double bytes) {
        return Double.isFinite(bytes) ? format("%,.0f MiB", bytes / (1 << 20)) : NONE;
    }

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

    /** With the minus sign that is as wide as a plus. */
    public static String signed(String pattern, double value) {
        return Double.isFinite(value) ? format(pattern, value).replace('-', '−') : NONE;
    }
}
