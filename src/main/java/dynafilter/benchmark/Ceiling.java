package dynafilter.benchmark;

/**
 * What a device does at best, as measured in the same run.
 *
 * @param flopsPerSecond of the best of matrix products up to a large one
 * @param bytesPerSecond of a large copy, bytes read and written
 */
public record Ceiling(double flopsPerSecond, double bytesPerSecond) {}
