package dynafilter.torchfile;

import dynafilter.io.AtomicFile;
import dynafilter.io.InputException;
import dynafilter.io.OutputException;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeRuntime;
import dynafilter.runtime.OutOfMemory;
import dynafilter.runtime.ScriptModule;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.bytedeco.javacpp.PointerScope;

/** TorchScript files. They are programs: whoever loads one runs what is in it. */
public final class TorchScriptFile {
    /** What libtorch says of a constant whose value was not written. */
    private static final String LOST_CONSTANT = "required keyword attribute 'value' is undefined";

    private TorchScriptFile() {}

    /**
     * Loads a file, for evaluation, once its structure is found sound; the caller closes it.
     *
     * @throws InputException where it is damaged, or libtorch cannot load it
     */
    public static ScriptModule load(Path file, ComputeDevice device) {
        TorchScriptArchive.check(file);
        return loadChecked(file, device);
    }

    /**
     * Loads a program whose weights are elsewhere.
     *
     * @param weights bytes of those weights
     * @throws InputException as {@link #load}
     */
    public static ScriptModule loadProgram(Path file, long weights, ComputeDevice device) {
        TorchScriptArchive.checkProgram(file, weights);
        return loadChecked(file, device);
    }

    private static ScriptModule loadChecked(Path file, ComputeDevice device) {
        try (PointerScope scope = new PointerScope()) {
            ScriptModule module = ScriptModule.load(file, device);
            module.train(false);
            module.parameters(); // that its tensors are tensors is seen now, or never
            module.buffers();
            return module;
        } catch (RuntimeException failure) {
            if (OutOfMemory.in(failure).isPresent()) {
                throw failure;
            }
            String reason = NativeRuntime.firstLine(failure);
            throw new InputException(
                    file + " is not a TorchScript file that libtorch " + NativeRuntime.torchVersion() + " can load: "
                            + reason
                            + (reason.contains(LOST_CONSTANT)
                                    ? "; no file keeps the constants of torch.jit.optimize_for_inference: save it before"
                                    : "; export it again, with this version of PyTorch or an older one"),
                    failure);
        }
    }

    /**
     * Makes a module's weights float32, whatever they were saved as.
     *
     * @return what was converted, for people
     */
    public static List<String> toFloat32(ScriptModule module) {
        try (PointerScope scope = new PointerScope()) {
            return FloatWeights.convert(module.tensors());
        }
    }

    /**
     * The bytes of the file that a module makes.
     *
     * @param extra texts by name, which travel in the archive
     * @throws OutputException where there is no space for a temporary file
     */
    public static byte[] bytes(ScriptModule module, Map<String, String> extra) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        save(module, extra, file -> Files.copy(file, bytes));
        return bytes.toByteArray();
    }

    /**
     * Replaces a file by what a module makes, as a whole or not at all.
     *
     * @param extra texts by name, which travel in the archive
     * @param trial is given the new file before it replaces the old one, and throws where it is not to
     * @throws OutputException where it cannot be written; the old one is kept
     */
    public static void write(ScriptModule module, Map<String, String> extra, Path target, Consumer<Path> trial) {
        save(module, extra, file -> {
            trial.accept(file);
            AtomicFile.write(target, out -> Files.copy(file, out));
        });
    }

    @FunctionalInterface
    private interface Use {
        void accept(Path file) throws IOException;
    }

    /** libtorch writes to a file of its own; what it makes of a full disk is not for users. */
    private static void save(ScriptModule module, Map<String, String> extra, Use use) {
        try {
            Path folder = Files.createTempDirectory("dynafilter");
            Path file = folder.resolve("archive"); // its name is the name of the archive's root
            try {
                save(module, extra, file);
                use.accept(file);
            } finally {
                Files.deleteIfExists(file);
                Files.deleteIfExists(folder);
            }
        } catch (IOException failure) {
            throw noSpace(failure);
        }
    }

    private static void save(ScriptModule module, Map<String, String> extra, Path file) {
        try {
            module.save(file, extra);
        } catch (RuntimeException failure) {
            throw noSpace(failure);
        }
    }

    private static OutputException noSpace(Exception failure) {
        return new OutputException(
                "cannot write a temporary file in " + System.getProperty("java.io.tmpdir") + " ("
                        + NativeRuntime.firstLine(failure)
                        + "); free some space there, or name another folder with -Djava.io.tmpdir",
                failure);
    }
}
