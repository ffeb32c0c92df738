package dynafilter.torchfile;

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

    long bytes() {
        return elements * type.itemSize();
    }
}
