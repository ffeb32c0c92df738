package dynafilter.data;

/**
 * The random number generator SplitMix64 (Steele, Lea and Flood 2014), as {@link java.util.SplittableRandom}'s nextLong. Bounded,
 * fractional and normal numbers are spelled out here, because the library's may change between Java versions, and the numbers
 * drawn must not. Nor may they change between processors, as libtorch's do: everything is integers, arithmetic that IEEE 754
 * fixes, and StrictMath.
 */
public final class SplitMix {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;
    private long state;

    SplitMix(long seed) {
        this.state = seed;
    }

    /** An independent generator for each element of a sequence, by its index. */
    public static SplitMix at(long seed, long index) {
        return new SplitMix(mix(mix(seed + GOLDEN) + GOLDEN * index));
    }

    /** An independent generator for each of several purposes at an element of a sequence. */
    public static SplitMix at(long seed, long index, long purpose) {
        return at(at(seed, index).nextLong(), purpose);
    }

    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    long nextLong() {
        state += GOLDEN;
        return mix(state);
    }

    /** A uniform integer in 0..bound-1 (the bias of at most bound / 2^32 does not matter here). */
    public int below(int bound) {
        return (int) (((nextLong() >>> 32) * bound) >>> 32);
    }

    /** A uniform number in [low, high). */
    public double between(double low, double high) {
        return low + (high - low) * ((nextLong() >>> 11) * 0x1p-53);
    }

    /** A standard normal number: the first of the two that Box and Muller's formula gives. */
    public double normal() {
        double radius = Math.sqrt(-2 * StrictMath.log(1 - between(0, 1))); // of a number above 0
        return radius * StrictMath.cos(between(0, 2 * Math.PI));
    }

    /** A number of the distribution Beta(alpha, alpha): a share of two gamma numbers, whose logarithms no small alpha makes 0. */
    public double beta(double alpha) {
        double one = logGamma(alpha);
        double other = logGamma(alpha);
        return 1 / (1 + StrictMath.exp(other - one));
    }

    /** The logarithm of a number of the distribution Gamma(alpha, 1) (Marsaglia and Tsang 2000, of alpha + 1, brought down). */
    private double logGamma(double alpha) {
        double most = alpha + 1 - 1.0 / 3;
        double slope = 1 / Math.sqrt(9 * most);
        while (true) {
            double normal = normal();
            double cubed = (1 + slope * normal) * (1 + slope * normal) * (1 + slope * normal);
            double uniform = 1 - between(0, 1); // above 0
            if (cubed > 0
                    && StrictMath.log(uniform) < normal * normal / 2 + most * (1 - cubed + StrictMath.log(cubed))) {
                return StrictMath.log(most * cubed) + StrictMath.log(1 - between(0, 1)) / alpha;
            }
        }
    }

    /** Shuffles in place (Fisher and Yates). */
    public void shuffle(int[] values) {
        for (int i = values.length - 1; i > 0; i--) {
            int j = below(i + 1);
            int other = values[j];
            values[j] = values[i];
            values[i] = other;
        }
    }
}
