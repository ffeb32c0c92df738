package dynafilter.data.folder;

import dynafilter.data.DataListener;

/** The count of files that several threads decode, for a listener that hears of some of them. */
public final class DecodingProgress {
    private static final int STEP = 16; // files between two reports

    private final DataListener listener;
    private final long total;
    private long done;
    private long told;

    /** @param total the number of files to read */
    public DecodingProgress(DataListener listener, long total) {
        this.listener = listener;
        this.total = total;
    }

    /** Counts one file more. */
    public synchronized void afterOne() {
        at(done + 1);
    }

    /** Sets the number of files that are done. */
    synchronized void at(long files) {
        done = files;
        if (done >= told + STEP && done < total) {
            told = done;
            listener.decoding(done, total);
        }
    }

    /** Reports that all files are done. */
    public synchronized void finish() {
        listener.decoding(total, total);
    }
}
