package dynafilter.checkpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import dynafilter.io.AtomicFile;
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

/**
 * The file {@code backbone.ts.pt}: the TorchScript program of a run's backbone, where that is not ResNet-18's stem. Its weights
 * are in the checkpoints.
 */
public final class BackboneProgram {
    private static final String FILE = "backbone.ts.pt";
    private static final String DESCRIPTION = "description.txt";

    private BackboneProgram() {}

    /** The program's file in a run's folder. */
    public static Path fileIn(Path folder) {
        return folder.resolve(FILE);
    }

    /** The program's file beside a checkpoint. */
    static Path fileBeside(Path checkpoint) {
        Path folder = checkpoint.getParent();
        return fileIn(folder == null ? Path.of(".") : folder);
    }

    /**
     * Reads the architecture whose program lies beside a checkpoint, without tensors.
     *
     * @param checkpoint the checkpoint's file
     * @param sha256 the program's checksum, by the checkpoint
     * @param weights the bytes of the checkpoint's tensors, for which the program has places
     * @return the backbone, which the caller closes
     * @throws InputException where the program is missing, or is another one
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
        return new PretrainedBackbone(architecture, program, Map.of(), null, List.of(), owner);
    }

    /**
     * Copies the program beside one file of weights to beside another, which needs it there.
     *
     * @throws InputException where another backbone's program is there
     * @throws dynafilter.io.OutputException where it cannot be written
     */
    public static void copyBeside(Path source, Path out) {
        Path from = fileBeside(source);
        Path to = fileBeside(out);
        try {
            if (Files.exists(to) && Files.mismatch(from, to) < 0) {
                return;
            }
        } catch (IOException unreadable) {
            throw new InputException("cannot compare " + from + " with " + to + "; choose another folder", unreadable);
        }
        if (Files.exists(to)) {
            throw new InputException(to + " is of another backbone, and " + out
                    + " would need its own there; choose another folder for --out");
        }
        AtomicFile.write(to, stream -> Files.copy(from, stream));
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException unreadable) {
            throw new InputException(
                    file + " cannot be read (" + unreadable.getMessage() + "); check its permissions", unreadable);
        }
    }

    /** The bytes of the program of a module whose weights were taken out. */
    static byte[] bytes(ScriptModule module, String description) {
        return TorchScriptFile.bytes(module, Map.of(DESCRIPTION, description));
    }
}
