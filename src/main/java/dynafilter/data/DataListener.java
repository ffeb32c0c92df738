package dynafilter.data;

/** A listener to what happens while a data set is opened. */
public interface DataListener {
    /** The listener that ignores everything. */
    DataListener NONE = new DataListener() {
        @Override
        public void decoding(long done, long total) {}

        @Override
        public void message(String text) {}

        @Override
        public void warning(String text) {}
    };

    /**
     * Reports how many image files are read; called often, by one thread at a time.
     *
     * @param done files read
     * @param total files to read
     */
    void decoding(long done, long total);

    /** Reports what people may want to know. */
    void message(String text);

    /** Reports what people should know: something is not as they may expect. */
    void warning(String text);
}
