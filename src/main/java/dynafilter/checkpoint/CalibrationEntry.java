package dynafilter.checkpoint;

import dynafilter.io.InputException;
import dynafilter.io.SameFile;
import dynafilter.model.Calibration;
import dynafilter.torchfile.CheckpointPickler;
import dynafilter.torchfile.SafetensorsFile;
import dynafilter.torchfile.TorchFile;
import dynafilter.torchfile.TorchScriptArchive;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The entry {@value #NAME} of a checkpoint: temperature and threshold, and what they were found from, as a dict of plain values. The
 * description of an exported network has the same entry.
 */
public final class CalibrationEntry {
    /** The entry's name. */
    public static final String NAME = "calibration";

    private static final String TEMPERATURE = "temperature";
    private static final String THRESHOLD = "threshold";

    private CalibrationEntry() {}

    /**
     * The calibration in the record of a network's training; {@link Calibration#NONE} where it has none.
     *
     * @throws InputException where the entry is not one that {@link #write} has written
     */
    static Calibration of(Map<String, ?> training, Path file) {
        if (!(training.get(NAME) instanceof Map<?, ?> entry)) {
            return Calibration.NONE;
        }
        try {
            return new Calibration(number(entry, TEMPERATURE), number(entry, THRESHOLD));
        } catch (IllegalArgumentException wrong) {
            throw new InputException(
                    "\"" + NAME + "\" in " + file + " cannot be used: " + wrong.getMessage()
                            + "; run `dynafilter calibrate` on the checkpoint again",
                    wrong);
        }
    }

    private static double number(Map<?, ?> entry, String name) {
        if (entry.get(name) instanceof Number number) {
            return number.doubleValue();
        }
        throw new IllegalArgumentException("it has no number \"" + name + "\"");
    }

    /** The plain values of an entry, for a description in JSON. */
    static Map<String, Object> plain(Map<?, ?> entry) {
        Map<String, Object> values = new LinkedHashMap<>();
        entry.forEach((name, value) -> {
            if (name instanceof String text && (value instanceof Number || value instanceof String)) {
                values.put(text, value);
            }
        });
        return values;
    }

    /**
     * Requires that a file is a checkpoint which can be written again with an entry.
     *
     * @throws InputException where it is not
     */
    public static void requireCheckpoint(Path file) {
        Object root = isExported(file) ? null : TorchFile.read(file);
        try {
            checkpoint(root, file);
        } finally {
            TorchFile.closeTensors(root);
        }
    }

    /**
     * Sees that nothing but the calibrated checkpoint itself, or an older one of another calibration, is replaced.
     *
     * @param checkpoint the one that is calibrated
     * @param out the file that is to be written
     * @throws InputException where {@code out} is there and is neither
     */
    public static void requireReplaceable(Path checkpoint, Path out) {
        if (Files.isRegularFile(out) && !SameFile.of(checkpoint, out) && !isCalibrated(out)) {
            throw new InputException(out + " is there and is no calibrated checkpoint, which it would be replaced by;"
                    + " name another file with --out");
        }
    }

    private static boolean isCalibrated(Path file) {
        Object root = null;
        try {
            root = isExported(file) ? null : TorchFile.read(file);
            return root instanceof Map<?, ?> entries && Checkpoint.isCheckpoint(root) && entries.containsKey(NAME);
        } catch (InputException other) {
            return false;
        } finally {
            TorchFile.closeTensors(root);
        }
    }

    private static boolean isExported(Path file) {
        return TrainedNetwork.isOnnx(file)
                || SafetensorsFile.isSafetensors(file)
                || TorchScriptArchive.isTorchScript(file);
    }

    private static Map<String, Object> checkpoint(@Nullable Object root, Path file) {
        if (!(root instanceof Map<?, ?> found) || !Checkpoint.isCheckpoint(root)) {
            throw new InputException(
                    file + " is no checkpoint, in which alone a calibration is kept; give the best.pt or"
                            + " last.pt of a run, and export it afterwards");
        }
        Map<String, Object> entries = new LinkedHashMap<>();
        found.forEach((name, value) -> entries.put(String.valueOf(name), value));
        if (!CheckpointPickler.isWritable(entries)) {
            throw new InputException(file + " holds values of Python's own beside the checkpoint, which cannot be"
                    + " written again; save it without them");
        }
        return entries;
    }

    /**
     * Writes a checkpoint with a calibration; all its other entries stay as they are, to the bit. The program of a backbone other than
     * ResNet-18's stem is copied beside it.
     *
     * @param checkpoint the checkpoint, as it was {@linkplain #requireCheckpoint checked}
     * @param entry plain values by name, with the numbers temperature and threshold
     * @param out the file to write, which may be the same
     * @throws InputException where the folder of {@code out} holds another backbone's program
     * @throws dynafilter.io.OutputException where the file cannot be written; the old one is kept
     */
    public static void write(Path checkpoint, Map<String, Object> entry, Path out) {
        Object root = TorchFile.read(checkpoint);
        try {
            Map<String, Object> entries = checkpoint(root, checkpoint);
            if (entries.get(Checkpoint.BACKBONE_PROGRAM) instanceof String) {
                BackboneProgram.copyBeside(checkpoint, out);
            }
            entries.put(NAME, entry);
            TorchFile.write(out, entries);
        } finally {
            TorchFile.closeTensors(root);
        }
    }
}
