package dynafilter.torchfile;

/**
 * A value of a kind that no checkpoint of this program has, such as a set, bytes or a sparse tensor: it may stand in a file
 * beside what is wanted, and only its kind is kept. Each is equal to itself alone.
 */
public final class Unread {
    private final String kind;

    Unread(String kind) {
        this.kind = kind;
    }

    /** Whether it is a tensor, of a kind that is not read. */
    public boolean isTensor() {
        return kind.contains("tensor");
    }

    /** What it is, for people: "a set". */
    @Override
    public String toString() {
        return kind;
    }
}
