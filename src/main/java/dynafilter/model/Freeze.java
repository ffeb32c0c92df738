package dynafilter.model;

/** Which part of the backbone stays as it was loaded. */
public enum Freeze {
    NONE("none"),
    /** Nothing of the backbone trains, and its BatchNorm keeps its running statistics. */
    ALL("all"),
    /** The backbone's BatchNorm trains and follows the data, its convolutions do not. */
    ALL_BUT_BN("all-but-bn");

    private final String name;

    Freeze(String name) {
        this.name = name;
    }

    boolean freezesStatistics() {
        return this == ALL;
    }

    @Override
    public String toString() {
        return name;
    }
}
