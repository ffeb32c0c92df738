package dynafilter.torchfile;

/**
 * A placeholder for a value of a kind that no checkpoint of this program has, such as a set, bytes or a sparse tensor. A file
 * may have it beside the values that are wanted; only its kind is kept. Each placeholder is equal to itself alone.
 */
public final class Unread {
    private final String kind;

    Unread(String kind) {
        this.kind = kind;
    }

    /** True: the value is a tensor of a kind that is not read; false: it is another value. */
    public boolean isTensor() {
        return kind.contains("tensor");
    }

    /** The kind of the value, for people, such as "a set". */
    @Override
    public String toString() {
        return kind;
    }
}
