package dynafilter.io;

/** A listener for the progress of a transfer. */
@FunctionalInterface
public interface ProgressListener {
    /** A listener that does nothing. */
    ProgressListener NONE = (done, total) -> {};

    /**
     * Called often, from the thread that transfers.
     *
     * @param done the bytes received, those of an earlier, broken attempt included
     * @param total the bytes of the whole file, or -1 where the server does not say
     */
    void progress(long done, long total);
}
