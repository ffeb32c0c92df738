package dynafilter.torchfile;

import org.jspecify.annotations.Nullable;

/**
 * A reference to a storage: a run of elements of one type, which is kept elsewhere in the file under a key.
 *
 * @param elements the number of elements
 */
record StorageRef(String key, PickleGlobals.StorageClass type, long elements) {
    StorageRef {
        if (!key.matches("[0-9A-Za-z_]{1,40}")) {
            throw BadFile.damaged("it names a storage \"" + BadFile.shown(key) + "\"");
        }
        if (elements < 0 || elements > Long.MAX_VALUE / 16) {
            throw BadFile.damaged("storage " + key + " has " + elements + " elements");
        }
    }

    /** Written out, as is the next: what records come with is made at its first use, which takes a tenth of a second at start. */
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof StorageRef storage
                && storage.key.equals(key)
                && storage.type.equals(type)
                && storage.elements == elements;
    }

    @Override
    public int hashCode() {
        return key.hashCode();
    }

    long bytes() {
        return elements * type.itemSize();
    }
}
