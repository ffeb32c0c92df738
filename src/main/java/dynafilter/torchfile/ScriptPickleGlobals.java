package dynafilter.torchfile;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import net.razorvine.pickle.IObjectConstructor;

/**
 * The names that the pickles of a TorchScript file may refer to by the instruction GLOBAL. An object only keeps its attributes;
 * no code of its class is run.
 */
final class ScriptPickleGlobals {
    private static final String CLASSES = "__torch__";
    /** The module of C++ classes, whose objects libtorch would make from bytes in the file: quantized layers, for instance. */
    private static final String CUSTOM_CLASSES = "__torch__.torch.classes";

    private static final Set<String> LISTS = Set.of(
            "torch.jit._pickle.build_intlist",
            "torch.jit._pickle.build_doublelist",
            "torch.jit._pickle.build_boollist",
            "torch.jit._pickle.build_tensorlist");

    private static final String REBUILD = "torch._utils._rebuild_tensor_v2";
    private static final Set<String> OF_TENSORS = Set.of("torch.device", "collections.OrderedDict");

    private ScriptPickleGlobals() {}

    /** An object of a class in the file's code, such as a module. */
    static final class ScriptObject {
        private Map<Object, Object> attributes = new LinkedHashMap<>();

        Map<Object, Object> attributes() {
            return attributes;
        }

        void build(Map<Object, Object> state) {
            attributes = state;
        }
    }

    /**
     * The object that a name stands for; see {@link CheckpointUnpickler.Names}.
     *
     * @throws BadFile for any other name
     */
    static Object find(String module, String name) {
        String full = module + "." + name;
        if (full.startsWith(CUSTOM_CLASSES)) {
            throw BadFile.refused("holds an object of the C++ class " + BadFile.shown(full)
                    + ", which is made by code while the file is loaded; refused: export a network of plain layers");
        }
        if (module.equals(CLASSES) || module.startsWith(CLASSES + ".")) {
            return (IObjectConstructor) arguments -> new ScriptObject();
        }
        if (LISTS.contains(full)) {
            return (IObjectConstructor) arguments -> only(arguments, 1)[0];
        }
        if (full.equals("torch.jit._pickle.restore_type_tag")) {
            return (IObjectConstructor) arguments -> only(arguments, 2)[0];
        }
        if (full.equals(REBUILD)) {
            return (IObjectConstructor) ScriptPickleGlobals::tensor;
        }
        if (OF_TENSORS.contains(full) || (module.equals("torch") && name.endsWith("Storage"))) {
            return PickleGlobals.find(module, name);
        }
        throw BadFile.refused("refers to " + BadFile.shown(full)
                + ", which a network of tensors has no need of; refused: export it from plain layers");
    }

    /** Describes a tensor. libtorch makes every tensor of the file, so one that is not checked here is refused. */
    private static Object tensor(Object[] arguments) {
        Object tensor =
                ((IObjectConstructor) PickleGlobals.find("torch._utils", "_rebuild_tensor_v2")).construct(arguments);
        if (tensor instanceof Unread other) {
            throw BadFile.refused("holds " + other + ", which a network of plain tensors has no need of; refused");
        }
        return tensor;
    }

    private static Object[] only(Object[] arguments, int count) {
        if (arguments.length != count) {
            throw BadFile.damaged("its pickle passes " + arguments.length + " arguments where " + count + " belong");
        }
        return arguments;
    }
}
