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
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.bytedeco.javacpp.PointerScope;

/** Reads and writes TorchScript files. They are programs: to load one is to run its code. */
public final class TorchScriptFile {
    /** The words of libtorch for a constant whose value was not written. */
    private static final String LOST_CONSTANT = "required keyword attribute 'value' is undefined";

    private TorchScriptFile() {}

    /**
     * Loads a file in evaluation mode, once its structure is found sound.
     *
     * @return the module, on the device; the caller closes it
     * @throws InputException where the file is damaged, or libtorch cannot load it
     */
    public static ScriptModule load(Path file, ComputeDevice device) {
        TorchScriptArchive.check(file);
        return loadChecked(file, device);
    }

    /**
     * Loads a program whose weights are elsewhere, in evaluation mode.
     *
     * @param weights the bytes of those weights
     * @return the module, on the device; the caller closes it
     * @throws InputException where the file is damaged, or libtorch cannot load it
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
     * Converts a module's weights to float32, in place.
     *
     * @return a note on the converted types, for people; empty where there was nothing to convert
     */
    public static List<String> toFloat32(ScriptModule module) {
        try (PointerScope scope = new PointerScope()) {
            return FloatWeights.convert(module.tensors());
        }
    }

    /** A copy of a module that computes in float64, where its program does not say otherwise; the caller closes it. */
    public static ScriptModule inFloat64(ScriptModule module) {
        ScriptModule copy = module.copy();
        try (PointerScope scope = new PointerScope()) {
            FloatWeights.toDouble(copy.tensors().values());
        }
        return copy;
    }

    /**
     * A module for evaluation, in one method {@code forward}; see {@link ScriptModule#frozen}. A method that has run keeps its
     * calls of others for ever, so what is frozen is the module of a file that was written and loaded for this alone.
     *
     * @param kept the dotted names of tensors that are to stay attributes
     * @return the module, which the caller closes
     * @throws OutputException where there is no space for a temporary file
     */
    public static ScriptModule frozen(ScriptModule module, List<String> kept) {
        AtomicReference<ScriptModule> made = new AtomicReference<>();
        save(module, Map.of(), file -> {
            try (ScriptModule fresh = ScriptModule.load(file, ComputeDevice.CPU)) {
                made.set(fresh.frozen(kept));
            }
        });
        return Objects.requireNonNull(made.get(), "made where saving succeeds");
    }

    /**
     * The bytes of a module's TorchScript file.
     *
     * @param extra the texts of the archive's extra files by name
     * @throws OutputException where there is no space for a temporary file
     */
    public static byte[] bytes(ScriptModule module, Map<String, String> extra) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        save(module, extra, file -> Files.copy(file, bytes));
        return bytes.toByteArray();
    }

    /**
     * Writes a module's TorchScript file; an old file is replaced as a whole or not at all.
     *
     * @param extra the texts of the archive's extra files by name
     * @param trial checks the new file before it replaces the old one, and throws where it must not replace it
     * @throws OutputException where the file cannot be written; the old one is kept
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

    /** Lets libtorch write a temporary file, since its own words for a full disk are not for users. */
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
