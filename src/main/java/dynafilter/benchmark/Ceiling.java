package dynafilter.benchmark;

/**
 * The measured ceilings of a device: its peak rates of arithmetic and of memory traffic.
 *
 * @param flopsPerSecond the best rate of matrix products up to a large one
 * @param bytesPerSecond the rate of a large copy, counting bytes read and bytes written
 */
public record Ceiling(double flopsPerSecond, double bytesPerSecond) {}
