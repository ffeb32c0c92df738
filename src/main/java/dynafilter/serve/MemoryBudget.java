package dynafilter.serve;

import java.util.concurrent.atomic.AtomicLong;

/** The memory that the bodies of all requests together may take. */
final class MemoryBudget {
    private static final int SHARE = 4; // of Java's heap

    private final long most;
    private final AtomicLong used = new AtomicLong();

    MemoryBudget(long most) {
        this.most = most;
    }

    /** A part of the memory that Java may take. */
    static MemoryBudget ofHeap() {
        return new MemoryBudget(Runtime.getRuntime().maxMemory() / SHARE);
    }

    /** True: the bytes are reserved; false: there are not so many left. */
    boolean reserve(int bytes) {
        if (used.addAndGet(bytes) <= most) {
            return true;
        }
        used.addAndGet(-bytes);
        return false;
    }

    void release(int bytes) {
        used.addAndGet(-bytes);
    }
}
