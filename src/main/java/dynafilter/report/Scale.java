package dynafilter.report;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** The numbers that the first and the last colour of a map stand for, or the two ends of an axis. */
public record Scale(double low, double high) {
    /** From the smallest to the largest number; numbers that are not finite do not count. */
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

    /** The largest distance from zero, to both sides. */
    public Scale symmetric() {
        double most = Math.max(Math.abs(low), Math.abs(high));
        return new Scale(-most, most);
    }

    /** Where a number lies: 0 at the low end, 1 at the high end. A scale of one number has it in the middle. */
    public double share(double value) {
        return high > low ? (value - low) / (high - low) : 0.5;
    }

    /** Round numbers on the scale, at even steps of 1, 2 or 5 times a power of ten, about {@code count} of them. */
    public List<Double> ticks(int count) {
        if (!(high > low)) {
            return List.of(low);
        }
        double rough = (high - low) / count;
        double power = Math.pow(10, Math.floor(Math.log10(rough)));
        double step = power * (rough / power < 1.5 ? 1 : rough / power < 3.5 ? 2 : rough / power < 7.5 ? 5 : 10);
        List<Double> ticks = new ArrayList<>();
        double tolerance = step * 1e-6;
        for (long i = (long) Math.ceil((low - tolerance) / step); i * step <= high + tolerance; i++) {
            ticks.add(i * step);
        }
        return ticks;
    }
}
