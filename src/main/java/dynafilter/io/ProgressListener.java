package dynafilter.io;

/** Hears how far a transfer is. */
@FunctionalInterface
public interface ProgressListener {
    /** Hears nothing. */
    ProgressListener NONE = (done, total) -> {};

    /**
     * Called often, from the thread that transfers.
     *
     * @param done bytes there, those of an earlier, broken attempt included
     * @param total bytes in all, or -1 where the server does not say
     */
    void progress(long done, long total);
}
