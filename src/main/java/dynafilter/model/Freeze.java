package dynafilter.model;

/** The part of the backbone that is frozen, which is to say stays as it was loaded. */
public enum Freeze {
    /** All of the backbone trains. */
    NONE("none"),
    /** Nothing of the backbone trains, and its BatchNorm keeps its running statistics. */
    ALL("all"),
    /** The backbone's BatchNorm trains and follows the data, its convolutions do not. */
    ALL_BUT_BN("all-but-bn");

    private final String name;

    Freeze(String name) {
        this.name = name;
    }

    /** True: BatchNorm's running statistics are frozen, too; false: training updates them. */
    public boolean freezesStatistics() {
        return this == ALL;
    }

    @Override
    public String toString() {
        return name;
    }
}
