package dynafilter.serve;

/** A picture as the network takes it, [3, S, S]: the plane of red, then of green, then of blue. */
sealed interface Picture {
    /**
     * Pixels of 0 to 255.
     *
     * @param planes uint8 [3, S, S]
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Pixels(byte[] planes) implements Picture {}

    /**
     * A normalised image: mean 0 and standard deviation 1 by the network's statistics.
     *
     * @param planes float32 [3, S, S]
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Normalised(float[] planes) implements Picture {}
}
