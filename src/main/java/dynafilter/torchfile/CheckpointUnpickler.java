package dynafilter.torchfile;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.razorvine.pickle.Opcodes;
import net.razorvine.pickle.PickleException;
import net.razorvine.pickle.PickleUtils;
import net.razorvine.pickle.Unpickler;
import org.jspecify.annotations.Nullable;

/**
 * Reads pickles that are not trusted. It carries out only the instructions that {@code torch.save} uses, and knows only the
 * names that it is given; dicts keep their order, and every length is checked against the bytes that are left.
 */
final class CheckpointUnpickler extends Unpickler {
    /** Some 45 go to a tensor; each instruction can cost tens of bytes of heap. */
    private static final int MAX_INSTRUCTIONS = 4_000_000;

    /** The objects behind the names that a pickle refers to by its instruction GLOBAL. */
    @FunctionalInterface
    interface Names {
        /** @throws BadFile for a name that has no business in the file */
        Object find(String module, String name);
    }

    private final Names names;
    private final Map<String, StorageRef> storages = new HashMap<>();
    private final PickleInput bytes;
    private int instructions;

    CheckpointUnpickler(Names names, PickleInput bytes) {
        this.names = names;
        this.bytes = bytes;
    }

    /** Reads the object of the next pickle in the input, and leaves the input behind that pickle; null: Python's None. */
    @Nullable
    Object next() {
        try {
            return load(bytes);
        } catch (BadFile e) {
            throw e;
        } catch (IOException e) { // of bytes in memory: they end early
            throw BadFile.damaged(String.valueOf(e.getMessage()), e);
        } catch (RuntimeException e) { // pops an empty stack, appends to a text, calls a number, ...
            throw BadFile.damaged("its pickle makes no sense", e);
        }
    }

    /** The storages that the pickles referred to, by key. */
    Map<String, StorageRef> storages() {
        return storages;
    }

    @Override
    protected Object dispatch(short opcode) throws IOException {
        if (++instructions > MAX_INSTRUCTIONS) {
            throw BadFile.refused("describes more objects than a checkpoint has; refused");
        }
        switch (opcode) {
            case Opcodes.SHORT_BINSTRING, Opcodes.SHORT_BINUNICODE, Opcodes.LONG1 -> bytes.checkLength(1);
            case Opcodes.BINSTRING, Opcodes.BINUNICODE -> bytes.checkLength(4);
            case Opcodes.BINUNICODE8 -> bytes.checkLength(8);
            case Opcodes.SHORT_BINBYTES -> {
                return unreadBytes(1);
            }
            case Opcodes.BINBYTES -> {
                return unreadBytes(4);
            }
            case Opcodes.BINBYTES8, Opcodes.BYTEARRAY8 -> {
                return unreadBytes(8);
            }
            case Opcodes.EMPTY_SET -> {
                stack.add(new Unread("a set"));
                return NO_RETURN_VALUE;
            }
            case Opcodes.ADDITEMS -> {
                stack.pop_all_since_marker();
                return NO_RETURN_VALUE;
            }
            case Opcodes.FROZENSET -> {
                stack.pop_all_since_marker();
                stack.add(new Unread("a set"));
                return NO_RETURN_VALUE;
            }
            case Opcodes.EMPTY_DICT -> {
                stack.add(new LinkedHashMap<>());
                return NO_RETURN_VALUE;
            }
            case Opcodes.SETITEM -> {
                Object value = stack.pop();
                Object key = stack.pop();
                dict(stack.peek()).put(DictKey.of(key), value);
                return NO_RETURN_VALUE;
            }
            case Opcodes.SETITEMS -> {
                setItems(stack.pop_all_since_marker());
                return NO_RETURN_VALUE;
            }
            case Opcodes.APPENDS -> {
                List<Object> items = stack.pop_all_since_marker();
                list(stack.peek()).addAll(items); // the superclass also trims the list: quadratic in many small batches
                return NO_RETURN_VALUE;
            }
            case Opcodes.GLOBAL -> {
                String module = PickleUtils.readline(input);
                stack.add(names.find(module, PickleUtils.readline(input)));
                return NO_RETURN_VALUE;
            }
            case Opcodes.STACK_GLOBAL -> {
                String name = (String) stack.pop();
                stack.add(names.find((String) stack.pop(), name));
                return NO_RETURN_VALUE;
            }
            case Opcodes.BUILD -> {
                build(stack.pop());
                return NO_RETURN_VALUE;
            }
            case Opcodes.BINPUT -> bytes.checkNumber(1, instructions);
            case Opcodes.LONG_BINPUT -> bytes.checkNumber(4, instructions);
            default -> {
                if (!isPlain(opcode)) {
                    throw BadFile.refused("has a pickle that holds instruction " + opcode
                            + ", which torch.save does not write; refused: save it again with torch.save");
                }
            }
        }
        return super.dispatch(opcode);
    }

    /**
     * True: the superclass carries the instruction out safely, since it takes a fixed, small number of bytes; false: it does
     * not.
     */
    private static boolean isPlain(short opcode) {
        return switch (opcode) {
            case Opcodes.PROTO, Opcodes.FRAME, Opcodes.STOP, Opcodes.MARK -> true;
            case Opcodes.NONE, Opcodes.NEWTRUE, Opcodes.NEWFALSE -> true;
            case Opcodes.BININT, Opcodes.BININT1, Opcodes.BININT2, Opcodes.BINFLOAT -> true;
            case Opcodes.EMPTY_TUPLE, Opcodes.TUPLE, Opcodes.TUPLE1, Opcodes.TUPLE2, Opcodes.TUPLE3 -> true;
            case Opcodes.EMPTY_LIST, Opcodes.APPEND -> true;
            case Opcodes.MEMOIZE -> true;
            case Opcodes.BINGET, Opcodes.LONG_BINGET -> true;
            case Opcodes.BINPERSID, Opcodes.REDUCE, Opcodes.NEWOBJ -> true;
            default -> false;
        };
    }

    /** Passes over bytes, which the superclass would keep, and which no checkpoint needs. */
    private Object unreadBytes(int lengthBytes) {
        bytes.skipCounted(lengthBytes);
        stack.add(new Unread("bytes"));
        return NO_RETURN_VALUE;
    }

    /** Sets the attributes of the object on top of the stack. */
    private void build(Object attributes) {
        Object object = stack.peek();
        if (object instanceof ScriptPickleGlobals.ScriptObject script) {
            script.build(dict(attributes));
        } else if (!(object instanceof Map) && !(object instanceof Unread)) {
            // Of a dict (a state dict's _metadata: versions of its modules) they are of no use here.
            throw BadFile.refused("sets attributes of something that has none here; refused: save a state dict of"
                    + " tensors and plain values");
        }
    }

    private void setItems(List<Object> items) {
        Map<Object, Object> dict = dict(stack.peek());
        for (int i = 0; i < items.size(); i += 2) {
            dict.put(DictKey.of(items.get(i)), items.get(i + 1));
        }
    }

    /** Every dict on the stack was made here or in {@link PickleGlobals}. */
    @SuppressWarnings("unchecked")
    private static Map<Object, Object> dict(Object value) {
        return (LinkedHashMap<Object, Object>) value;
    }

    @SuppressWarnings("unchecked")
    private static List<Object> list(Object value) {
        return (ArrayList<Object>) value;
    }

    /** A storage: ("storage", class, key, device, elements), with a view of it after that in old files. */
    @Override
    protected Object persistentLoad(Object id) {
        Object[] parts = (Object[]) id;
        if (parts.length < 5 || parts.length > 6 || !"storage".equals(parts[0])) {
            throw new PickleException("a persistent id that names no storage");
        }
        if (parts.length == 6 && parts[5] != null) {
            throw BadFile.refused(
                    "holds views of storages as PyTorch 0.3 and older wrote them; save it again with a newer"
                            + " PyTorch");
        }
        StorageRef storage = new StorageRef(
                (String) parts[2], (PickleGlobals.StorageClass) parts[1], ((Number) parts[4]).longValue());
        StorageRef known = storages.putIfAbsent(storage.key(), storage);
        if (known != null && !known.equals(storage)) {
            throw BadFile.damaged("it describes storage " + storage.key() + " in two ways");
        }
        return storage;
    }
}
