package dynafilter.torchfile;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The keys that a dict may have: plain values, and small tuples of them. A tuple's hash walks through all of its parts, and
 * could take time exponential in its depth.
 */
final class DictKey {
    private static final int MAX_PARTS = 64;

    private int parts;

    private DictKey() {}

    /**
     * The key as callers get it: ints as Long, tuples as {@link Tuple}.
     *
     * @throws BadFile for a key of another kind
     */
    static @Nullable Object of(@Nullable Object key) {
        return new DictKey().part(key);
    }

    private @Nullable Object part(@Nullable Object key) {
        if (++parts > MAX_PARTS) {
            throw refused();
        }
        if (key instanceof Integer number) {
            return number.longValue();
        }
        if (key instanceof Dtype dtype) {
            return dtype.pythonName();
        }
        if (key instanceof TensorRef) {
            return new Unread("a tensor");
        }
        if (key instanceof Object[] tuple) {
            List<@Nullable Object> items = new ArrayList<>();
            for (Object item : tuple) {
                items.add(part(item));
            }
            return new Tuple(items);
        }
        if (key == null
                || key instanceof String
                || key instanceof Long
                || key instanceof Boolean
                || key instanceof Double
                || key instanceof BigInteger
                || key instanceof Unread) {
            return key;
        }
        throw refused();
    }

    private static BadFile refused() {
        return BadFile.refused(
                "has a dict with a key that is neither text nor a number, nor a small tuple of these; refused");
    }
}
