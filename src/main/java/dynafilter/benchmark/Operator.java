package dynafilter.benchmark;

/**
 * A pass that a step of the network must do, whoever does it.
 *
 * @param flops floating-point operations of convolutions and matrix products, a multiply-add counting as two; those of
 *     other work, which bandwidth bounds anyway, are not counted
 * @param bytes that go through the device's memory at the least: every input read once, every output written once
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
