package dynafilter.runtime;

import java.nio.charset.StandardCharsets;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * The environment variables that native code of this process reads. Java has a copy of them and no way to change them; POSIX
 * lets a program make {@code environ} point to another list of variables, which this does through JavaCPP.
 */
final class NativeEnvironment {
    private static final String LIST = "environ";

    private NativeEnvironment() {}

    /**
     * Adds a variable, unless it is set, for libraries that are loaded from now on. Does nothing where the system has no such
     * list.
     */
    static void addIfAbsent(String name, String value) {
        set(name, value, false);
    }

    /** Sets a variable, for what reads it from now on. Does nothing where the system has no such list. */
    static void put(String name, String value) {
        set(name, value, true);
    }

    private static void set(String name, String value, boolean replaces) {
        Loader.load(Pointer.class);
        Pointer variable = Loader.addressof(LIST);
        if (variable == null) {
            return;
        }
        PointerPointer<Pointer> environ = new PointerPointer<>(variable);
        Pointer entries = environ.get(0);
        if (entries == null) {
            return;
        }
        PointerPointer<Pointer> before = new PointerPointer<>(entries);
        long count = 0;
        long place = -1;
        for (; before.get(count) != null; count++) {
            if (before.getString(count).startsWith(name + "=")) {
                place = count;
            }
        }
        if (place >= 0 && !replaces) {
            return;
        }
        // Of malloc, and never freed: the process reads it to its end.
        Pointer list = Pointer.malloc((count + 2) * Long.BYTES);
        Pointer.memcpy(list, before, count * Long.BYTES);
        PointerPointer<Pointer> changed = new PointerPointer<>(list);
        changed.put(place >= 0 ? place : count, text(name + "=" + value));
        changed.put(place >= 0 ? count : count + 1, (Pointer) null);
        environ.put(0, list);
    }

    private static Pointer text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        Pointer copy = Pointer.malloc(bytes.length + 1L);
        new BytePointer(copy).put(bytes, 0, bytes.length).put(bytes.length, (byte) 0);
        return copy;
    }
}
