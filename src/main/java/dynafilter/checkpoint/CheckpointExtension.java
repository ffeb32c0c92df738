package dynafilter.checkpoint;

import dynafilter.io.JsonFile;
import dynafilter.model.NetworkShape;
import dynafilter.torchfile.CheckpointPickler;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * Adds a label to a checkpoint: its name, and its row of the label embeddings, also in the moving average of the weights where
 * there is one. All other tensors stay as they are. The optimizer keeps its parameter groups and loses its state, since no run
 * can continue from a network that is no longer its own; a calibration of the old labels is left out.
 */
public final class CheckpointExtension {
    /**
     * The record of an added label in a checkpoint.
     *
     * @param images the number of images that it was learned from
     * @param negatives the number of images of the old labels that it was learned against
     * @param steps the largest number of optimizer steps
     * @param from the name of the file that was extended
     * @param fromSha256 that file's checksum
     */
    public record Note(String label, long images, long negatives, long steps, String from, String fromSha256) {}

    private CheckpointExtension() {}

    /**
     * Writes a checkpoint with one more label. The program of a backbone other than ResNet-18's stem is copied beside it.
     *
     * @param source the file that {@code checkpoint} was read from
     * @param note the record of the label
     * @param embedding the label's embedding, [1, E]
     * @throws dynafilter.io.InputException where the folder holds another backbone's program
     * @throws dynafilter.io.OutputException where the file cannot be written
     */
    public static void write(Checkpoint checkpoint, Path source, Note note, Tensor embedding, Path out) {
        List<String> classes = new ArrayList<>(checkpoint.classes());
        classes.add(note.label);
        List<Object> notes = new ArrayList<>(notes(checkpoint));
        notes.add(JsonFile.values(note));
        Map<String, Object> optimizer = new LinkedHashMap<>(checkpoint.optimizer());
        optimizer.put("state", Map.of());
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Map<String, Object> extra = new LinkedHashMap<>(checkpoint.extra());
            extra.values().removeIf(value -> !CheckpointPickler.isWritable(value)); // what Python put there of its own
            extra.remove(CalibrationEntry.NAME); // which was found without the new label
            extra.put(Checkpoint.EXTENDED, notes);
            checkpoint.average().ifPresent(average -> extra.put(Checkpoint.AVERAGE, withRow(average, embedding)));
            if (checkpoint.backboneProgram().isPresent()) {
                BackboneProgram.copyBeside(source, out);
            }
            new Checkpoint(
                            withRow(checkpoint.model(), embedding),
                            optimizer,
                            checkpoint.epoch(),
                            checkpoint.step(),
                            checkpoint.bestAccuracy(),
                            checkpoint.recipe(),
                            classes,
                            checkpoint.rng(),
                            extra,
                            List.of())
                    .write(out);
        }
    }

    private static List<?> notes(Checkpoint checkpoint) {
        return checkpoint.extra().get(Checkpoint.EXTENDED) instanceof List<?> before ? before : List.of();
    }

    private static Map<String, Tensor> withRow(Map<String, Tensor> state, Tensor embedding) {
        Map<String, Tensor> extended = new LinkedHashMap<>(state);
        Tensor before = Objects.requireNonNull(state.get(NetworkShape.EMBEDDING), NetworkShape.EMBEDDING); // [K, E]
        Tensor row = embedding.to(before.device(), before.scalar_type());
        extended.put(NetworkShape.EMBEDDING, torch.cat(new TensorVector(before, row))); // [K + 1, E]
        return extended;
    }
}
