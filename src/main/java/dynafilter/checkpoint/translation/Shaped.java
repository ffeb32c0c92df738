package dynafilter.checkpoint.translation;

import java.util.Arrays;

/** A tensor of a program under translation: its shape is known, its elements are not. */
public interface Shaped {
    /** The size of a batch, which only a call of the program knows. */
    long BATCH = -1;

    /** The sizes of the tensor's dimensions; the first may be {@link #BATCH}. */
    long[] shape();

    /** The number of the tensor's dimensions. */
    default int rank() {
        return shape().length;
    }

    /** The dimension of a number that counts from the end where it is negative. */
    default int dimension(long number) {
        return Math.toIntExact(number < 0 ? number + rank() : number);
    }

    /** The product of dimensions, the batch's size left out. */
    static long product(long... dimensions) {
        return Arrays.stream(dimensions).filter(size -> size >= 0).reduce(1, Math::multiplyExact);
    }
}
