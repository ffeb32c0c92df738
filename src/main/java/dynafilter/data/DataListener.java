package dynafilter.data;

/** Hears what happens while a data set is opened. */
public interface DataListener {
    /** Hears nothing. */
    DataListener NONE = new DataListener() {
        @Override
        public void decoding(long done, long total) {}

        @Override
        public void message(String text) {}

        @Override
        public void warning(String text) {}
    };

    /**
     * Called often while image files are read.
     *
     * @param done files read
     * @param total files to read
     */
    void decoding(long done, long total);

    /** What people may want to know. */
    void message(String text);

    /** What people should know. */
    void warning(String text);
}
