package dynafilter.benchmark;

/**
 * An operator that every implementation of a step of the network must execute.
 *
 * @param flops floating-point operations of convolutions and matrix products, a multiply-add counting as two; those of
 *     other work, which bandwidth bounds anyway, are not counted
 * @param bytes the least traffic of the device's memory: every input is read once, every output written once
 */
public record Operator(String name, double flops, double bytes) {
    /**
     * The least time on a device with these two ceilings: the longer of arithmetic and traffic.
     *
     * @param ceiling the ceilings in this operator's precision
     * @return seconds
     */
    double seconds(Ceiling ceiling) {
        return Math.max(flops / ceiling.flopsPerSecond(), bytes / ceiling.bytesPerSecond());
    }
}
