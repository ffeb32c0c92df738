package dynafilter.data.folder;

/**
 * A file of a folder of images that is broken or odd.
 *
 * @param file its path, for people
 * @param kind what is the matter
 * @param detail the finding in a few words, to be read behind the path
 */
public record FileFinding(String file, Kind kind, String detail) {
    /** What can be the matter with a file, the gravest first. */
    public enum Kind {
        /** It cannot be read: truncated, empty, damaged, or no picture. */
        BROKEN("cannot be read"),
        /** The name says another format than the content. */
        OTHER_FORMAT("format other than the name says"),
        /** Its bytes are those of another file. */
        SAME_BYTES("same bytes as another file"),
        /** All pixels have one colour. */
        ONE_COLOUR("of one colour"),
        /** The longer side is many times the shorter one, and most of it is cut off. */
        NARROW("long and narrow"),
        /** It is much smaller than the network's images. */
        TINY("tiny"),
        /** It has several pictures, of which the first is read. */
        ANIMATED("animated"),
        /** Its colours are inks, for printing. */
        INKS("CMYK colours"),
        /** Its pixels are stored turned, and Exif tells how. */
        TURNED("turned by Exif");

        private final String title;

        Kind(String title) {
            this.title = title;
        }

        /** The kind in words, such as "of one colour". */
        public String title() {
            return title;
        }
    }
}
