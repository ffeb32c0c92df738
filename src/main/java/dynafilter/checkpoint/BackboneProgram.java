package dynafilter.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import dynafilter.io.Checksum;
import dynafilter.io.InputException;
import dynafilter.model.ScriptedArchitecture;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.ScriptModule;
import dynafilter.torchfile.TorchScriptArchive;
import dynafilter.torchfile.TorchScriptFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** {@code backbone.ts.pt}: how a run's backbone computes, where that is not ResNet-18's stem. The weights are in the checkpoints. */
public final class BackboneProgram {
    private static final String FILE = "backbone.ts.pt";
    private static final String DESCRIPTION = "description.txt";

    private BackboneProgram() {}

    /** Where a run's folder keeps the program. */
    public static Path fileIn(Path folder) {
        return folder.resolve(FILE);
    }

    static Path fileBeside(Path checkpoint) {
        Path folder = checkpoint.getParent();
        return fileIn(folder == null ? Path.of(".") : folder);
    }

    /**
     * The architecture whose program lies beside a checkpoint, without tensors.
     *
     * @param checkpoint the file that needs it
     * @param sha256 what the checkpoint says of it
     * @param weights bytes of the checkpoint's tensors, for which the program has places
     * @throws InputException where it is not there, or another one
     */
    static PretrainedBackbone beside(Path checkpoint, String sha256, long weights, ComputeDevice device) {
        Path file = fileBeside(checkpoint);
        if (!Files.isRegularFile(file)) {
            throw new InputException(checkpoint + " is of a network on another backbone than ResNet-18's stem, and "
                    + file + ", which says how that computes, is not there; copy it from the run's folder, too");
        }
        byte[] program = read(file);
        if (!sha256.equals(Checksum.sha256Of(program))) {
            throw new InputException(file + " is not the one that " + checkpoint
                    + " was trained with; take both from the same run's folder");
        }
        ScriptModule module = TorchScriptFile.loadProgram(file, weights, device);
        String description = TorchScriptArchive.extra(file, DESCRIPTION)
                .map(text -> new String(text, UTF_8))
                .orElse("TorchScript");
        NativeOwner owner = new NativeOwner();
        ScriptedArchitecture architecture = owner.keep(new ScriptedArchitecture(module, device, description, sha256));
        return new PretrainedBackbone(architecture, program, Map.of(), List.of(), owner);
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException unreadable) {
            throw new InputException(
                    file + " cannot be read (" + unreadable.getMessage() + "); check its permissions", unreadable);
        }
    }

    /** A program of a module whose weights were taken out, to lie in a run's folder. */
    static byte[] bytes(ScriptModule module, String description) {
        return TorchScriptFile.bytes(module, Map.of(DESCRIPTION, description));
    }
}
