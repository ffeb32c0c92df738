package dynafilter.runtime;

import dynafilter.io.FileNames;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.ExtraFilesMap;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.StringVectorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.named_buffer_list;
import org.bytedeco.pytorch.named_module_list;
import org.bytedeco.pytorch.named_parameter_list;

/** A TorchScript module, loaded from a file or built from tensors, other modules and source text. */
public final class ScriptModule implements AutoCloseable {
    /**
     * The stack of the loading thread in bytes, of which only the used part takes memory: libtorch's parser and compiler
     * recurse.
     */
    private static final long LOADING_STACK = 1L << 29;

    private final JitModule module;

    private ScriptModule(JitModule module) {
        this.module = module;
    }

    private static ScriptModule outOfScope(JitModule module) {
        return new ScriptModule(NativeOwner.outliveScope(module));
    }

    /**
     * Loads a file, which is code; its structure has to be checked before.
     *
     * @return the module, which the caller closes
     * @throws RuntimeException where libtorch cannot load the file
     */
    public static ScriptModule load(Path file, ComputeDevice device) {
        FutureTask<ScriptModule> load = new FutureTask<>(() -> {
            try (PointerScope scope = new PointerScope()) {
                DeviceOptional target = new DeviceOptional(device.toTorch());
                return outOfScope(torch.load(FileNames.pointer(file), target, /* load_debug_files= */ false));
            }
        });
        new Thread(null, load, "TorchScript loader", LOADING_STACK).start();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return load.get();
                } catch (InterruptedException now) { // the module would be nobody's: it is loaded all the same
                    interrupted = true;
                }
            }
        } catch (ExecutionException failure) {
            throw failure.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(failure);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Makes an empty module of a class with this name. */
    public static ScriptModule create(String className) {
        try (PointerScope scope = new PointerScope()) {
            return outOfScope(new JitModule(new QualifiedName("__torch__.dynafilter." + className)));
        }
    }

    /** Adds a parameter, which is shared and not copied. */
    public ScriptModule parameter(String name, Tensor tensor) {
        module.register_parameter(name, tensor, false);
        return this;
    }

    /** Adds a buffer, which is shared and not copied. */
    public ScriptModule buffer(String name, Tensor tensor) {
        module.register_buffer(name, tensor);
        return this;
    }

    /** Adds a module and closes {@code child}, the Java object for it. */
    public ScriptModule module(String name, ScriptModule child) {
        module.register_module(name, child.module);
        child.close();
        return this;
    }

    /** Adds the methods in a TorchScript text, which may use everything that was added before. */
    public ScriptModule define(String source) {
        module.define(source);
        return this;
    }

    /** The module inside this one under a dotted path; the caller closes it. */
    public ScriptModule child(String path) {
        try (PointerScope scope = new PointerScope()) {
            return outOfScope(childOf(module, path));
        }
    }

    private static JitModule childOf(JitModule module, String path) {
        JitModule found = module;
        for (String name : path.split("\\.", -1)) {
            found = new JitModule(found.attr(name).toObject());
        }
        return found;
    }

    /** The names of the modules directly inside. */
    public List<String> children() {
        List<String> names = new ArrayList<>();
        try (PointerScope scope = new PointerScope()) {
            named_module_list children = module.named_children();
            for (var it = children.begin(); it.notEquals(children.end()); it.increment()) {
                names.add(it.access().name().getString());
            }
        }
        return names;
    }

    /** All parameters by dotted name; they are shared with the module, in the caller's scope. */
    public Map<String, Tensor> parameters() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        named_parameter_list parameters = module.named_parameters();
        for (var it = parameters.begin(); it.notEquals(parameters.end()); it.increment()) {
            tensors.put(it.access().name().getString(), it.access().value());
        }
        return tensors;
    }

    /** All buffers by dotted name; they are shared with the module, in the caller's scope. */
    public Map<String, Tensor> buffers() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        named_buffer_list buffers = module.named_buffers();
        for (var it = buffers.begin(); it.notEquals(buffers.end()); it.increment()) {
            tensors.put(it.access().name().getString(), it.access().value());
        }
        return tensors;
    }

    /** All parameters, then all buffers, by dotted name; they are shared with the module, in the caller's scope. */
    public Map<String, Tensor> tensors() {
        Map<String, Tensor> tensors = new LinkedHashMap<>(parameters());
        buffers().forEach(tensors::putIfAbsent);
        return tensors;
    }

    /** Puts a tensor in the place of the parameter or buffer with this dotted name. */
    public void set(String name, Tensor tensor) {
        try (PointerScope scope = new PointerScope()) {
            int dot = name.lastIndexOf('.');
            JitModule owner = dot < 0 ? module : childOf(module, name.substring(0, dot));
            owner.setattr(name.substring(dot + 1), new IValue(tensor));
        }
    }

    /** True: the module has a method of this name; false: it has not. */
    public boolean hasMethod(String name) {
        try (PointerScope scope = new PointerScope()) {
            return module.find_method(name).has_value();
        }
    }

    /** The graph of a method, as libtorch prints it. */
    public String graph(String method) {
        try (PointerScope scope = new PointerScope()) {
            return module.get_method(method).graph().toString();
        }
    }

    /** The graph of a method, whose constant tensors are in the caller's scope. */
    public ScriptGraph parsed(String method) {
        return ScriptGraph.of(module.get_method(method).graph());
    }

    /**
     * The module for evaluation, its methods' calls inlined, what is constant computed, and BatchNorm folded into convolutions;
     * the caller closes it. It has the method {@code forward} alone. None of its methods may have been called before.
     *
     * @param kept the dotted names of tensors that are to stay attributes, so that nothing is computed of them
     */
    public ScriptModule frozen(List<String> kept) {
        try (PointerScope scope = new PointerScope()) {
            module.train(false);
            torch.setGraphExecutorOptimize(
                    true); // else calls inside calls are not inlined; the setting is the thread's
            StringVectorOptional names = new StringVectorOptional(new StringVector(kept.toArray(String[]::new)));
            return outOfScope(torch.freeze(module, names, /* optimize_numerics= */ true));
        } finally {
            torch.setGraphExecutorOptimize(false);
        }
    }

    /** Switches all modules to training or evaluation mode, in which BatchNorm and dropout differ. */
    public void train(boolean training) {
        module.train(training);
    }

    /** Calls a method with these tensors, and returns its result, in the caller's scope. */
    public IValue call(String method, Tensor... arguments) {
        // Optimized, the first calls would run another graph than later ones, and a resumed run another than one that
        // was
        // never stopped; convolutions gain nothing. The setting is the thread's.
        torch.setGraphExecutorOptimize(false);
        IValueVector values = new IValueVector();
        for (Tensor argument : arguments) {
            values.push_back(new IValue(argument));
        }
        return module.get_method(method).apply(values);
    }

    /** A deep copy, with copies of all tensors and the same code; the caller closes it. */
    public ScriptModule copy() {
        try (PointerScope scope = new PointerScope()) {
            return outOfScope(module.deepcopy());
        }
    }

    /**
     * Writes the module to a file, which is not replaced as a whole.
     *
     * @param extra the texts of the archive's extra files by name
     * @throws RuntimeException where libtorch cannot write the file
     */
    public void save(Path file, Map<String, String> extra) {
        try (PointerScope scope = new PointerScope()) {
            ExtraFilesMap files = new ExtraFilesMap();
            extra.forEach((name, text) -> files.put(new BytePointer(name), text));
            module.save(FileNames.pointer(file), files);
        }
    }

    @Override
    public void close() {
        module.close();
    }
}
