package dynafilter.report.figure;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** A linear scale: the numbers at the two ends of an axis, or of the colours of a map. */
public record Scale(double low, double high) {
    /** The scale from the smallest to the largest number of some grids; numbers that are not finite do not count. */
    public static Scale of(Collection<Grid> grids) {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (Grid grid : grids) {
            for (float value : grid.values()) {
                if (Float.isFinite(value)) {
                    low = Math.min(low, value);
                    high = Math.max(high, value);
                }
            }
        }
        return low <= high ? new Scale(low, high) : new Scale(0, 0);
    }

    /** The scale with zero in its middle that holds both ends. */
    public Scale symmetric() {
        double most = Math.max(Math.abs(low), Math.abs(high));
        return new Scale(-most, most);
    }

    /** The position of a number: 0 at the low end, 1 at the high end. The number of a scale of one number is in its middle. */
    public double share(double value) {
        return high > low ? (value - low) / (high - low) : 0.5;
    }

    /** A round number on a scale, with its text. */
    public record Tick(double value, String text) {}

    /** The round numbers on the scale, at even steps of 1, 2 or 5 times a power of ten, about {@code count} of them, two at least. */
    public List<Tick> ticks(int count) {
        if (!(high > low)) {
            return List.of(new Tick(low, round(low)));
        }
        double rough = (high - low) / count;
        int exponent = (int) Math.floor(Math.log10(rough));
        double share = rough / Math.pow(10, exponent); // in [1, 10)
        BigDecimal step = BigDecimal.valueOf(
                        share < Math.sqrt(2) ? 1 : share < Math.sqrt(10) ? 2 : share < Math.sqrt(50) ? 5 : 10)
                .scaleByPowerOfTen(exponent)
                .stripTrailingZeros();
        List<Tick> ticks = new ArrayList<>();
        double tolerance = 1e-6; // of a step
        long last = (long) Math.floor(high / step.doubleValue() + tolerance);
        for (long i = (long) Math.ceil(low / step.doubleValue() - tolerance); i <= last; i++) {
            BigDecimal value = step.multiply(BigDecimal.valueOf(i));
            ticks.add(new Tick(value.doubleValue(), text(value)));
        }
        return ticks.size() < 2 ? ticks(2 * count) : ticks;
    }

    /** A number with three digits, for people. */
    public static String round(double value) {
        return Double.isFinite(value)
                ? text(BigDecimal.valueOf(value).round(new MathContext(3)))
                : String.valueOf(value);
    }

    private static String text(BigDecimal value) {
        BigDecimal shown = value.setScale(Math.max(0, value.scale()), RoundingMode.UNNECESSARY);
        return shown.signum() == 0 ? "0" : shown.toString();
    }
}
