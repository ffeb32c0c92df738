package dynafilter;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerScope;
import org.junit.jupiter.api.function.Executable;

/** Counts native objects that JavaCPP has not freed. */
public final class NativeCount {
    private NativeCount() {}

    /** Collects what earlier tests left, so that the count moves by what happens from here on. */
    public static void settle() throws InterruptedException {
        assertFalse(
                Boolean.getBoolean("org.bytedeco.javacpp.noPointerGC"),
                "JavaCPP counts no pointers here: set org.bytedeco.javacpp.noPointerGC to false");
        long before;
        do {
            before = Pointer.totalCount();
            for (int i = 0; i < 3; i++) {
                System.gc();
                Thread.sleep(20);
            }
        } while (Pointer.totalCount() != before);
    }

    /**
     * Sees that what fails keeps no native object. Those that belong to no owner end with a scope around it.
     *
     * @return the failure
     */
    public static <T extends Throwable> T assertLeavesNothing(Class<T> failure, Executable failing) {
        fail(failure, failing); // the first time classes and libraries are loaded
        long before = Pointer.totalCount();
        T thrown = fail(failure, failing);
        long after = Pointer.totalCount(); // fewer where the collector found something of an earlier test after all
        assertTrue(after <= before, () -> after - before + " native objects are left");
        return thrown;
    }

    private static <T extends Throwable> T fail(Class<T> failure, Executable failing) {
        try (PointerScope scope = new PointerScope()) {
            return assertThrows(failure, failing);
        }
    }
}
