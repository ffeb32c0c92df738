package dynafilter.runtime;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import org.bytedeco.javacpp.Pointer;

/**
 * The owner of an object's native memory and of whatever else the object must close: keeps what it is given, whatever
 * {@link org.bytedeco.javacpp.PointerScope} that was made in, and closes it in reverse order.
 *
 * <p>A constructor builds under an owner of its own and takes all over at its last step, so that nothing is left behind where
 * it fails before:
 *
 * <pre>{@code
 * try (NativeOwner building = new NativeOwner();
 *         PointerScope scope = new PointerScope()) {
 *     values = building.keep(torch.zeros(size));
 *     timer = building.keep(new DeviceTimer(device));
 *     owner = building.handOver();
 * }
 * }</pre>
 */
public final class NativeOwner implements AutoCloseable {
    private final Deque<AutoCloseable> owned = new ArrayDeque<>(); // the last one first

    /**
     * Takes over a resource: a tensor or another native object, which outlives the scope it was made in, or anything that is to
     * be closed with this.
     *
     * @return the resource
     */
    public <T extends AutoCloseable> T keep(T resource) {
        if (resource instanceof Pointer pointer) {
            outliveScope(pointer);
        }
        owned.push(resource);
        return resource;
    }

    /**
     * Lets a native object outlive the scope it was made in, without an owner: for what is returned out of the scope to a
     * caller, who closes it.
     *
     * @return the object
     */
    public static <P extends Pointer> P outliveScope(P pointer) {
        pointer.retainReference();
        return pointer;
    }

    /** Takes over several resources. */
    public void keepAll(Collection<? extends AutoCloseable> resources) {
        resources.forEach(this::keep);
    }

    /** Hands all that was kept to a new owner; nothing is left for this one to close. */
    public NativeOwner handOver() {
        NativeOwner heir = new NativeOwner();
        heir.owned.addAll(owned);
        owned.clear();
        return heir;
    }

    /** Closes everything, the last kept first; where closing one fails the others are closed all the same. */
    @Override
    public void close() {
        RuntimeException failure = null;
        while (!owned.isEmpty()) {
            try {
                owned.pop().close();
            } catch (Exception problem) {
                RuntimeException unchecked =
                        problem instanceof RuntimeException runtime ? runtime : new IllegalStateException(problem);
                if (failure == null) {
                    failure = unchecked;
                } else {
                    failure.addSuppressed(unchecked);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
