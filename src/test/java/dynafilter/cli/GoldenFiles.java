package dynafilter.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dynafilter.runtime.NativeRuntime;
import dynafilter.torchfile.TorchFile;
import dynafilter.torchfile.Tuple;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;

/**
 * What the program wrote, held against the files in {@code src/test/resources/written} byte for byte, but for what depends on the
 * machine or the moment. With {@code -Ddynafilter.rewriteWritten=true} these files are written anew instead.
 *
 * @param folder of the test: shown as FOLDER
 */
record GoldenFiles(Path folder) {
    /** Where a document tells what it was made with. */
    static final Pattern MACHINE = Pattern.compile(
            ".*\\.(environment|versions)\\.(name|dynafilter|libtorch|java|java_vendor|os|convolutions)");

    /** The same, and figures of training: they differ in their last digits between processors. */
    static final Pattern MEASURED = Pattern.compile(MACHINE + "|.*\\.(\\w*accuracy|accuracy_(before|after)|\\w*loss"
            + "|seconds\\w*|best_epoch|confusion|scores|probability|peak_memory_bytes|claimed|old_scores_\\w+"
            + "|taken_for\\.\\w+|predictions\\.(label|index))");

    private static final boolean REWRITES = Boolean.getBoolean("dynafilter.rewriteWritten");
    private static final Path GOLDEN = Path.of("src/test/resources/written");
    private static final String EPOCH = "loss \\d+\\.\\d{4} accuracy \\d+\\.\\d\\d %";
    private static final Pattern MEASURED_IN_CHECKPOINT = Pattern.compile(
            "best_accuracy|progress\\.(loss_sum|correct|seconds|epochs_since_best)|extended\\.from_sha256");

    /** Holds a text as it is. */
    void hold(String name, String text) throws IOException {
        hold(GOLDEN.resolve(name), text.replace(folder.toString(), "FOLDER"));
    }

    /** Holds a file as it is. */
    static void hold(Path golden, String shown) throws IOException {
        if (REWRITES) {
            Files.createDirectories(golden.getParent());
            Files.writeString(golden, shown);
            return;
        }
        String expected = Files.readString(golden);
        int line = Arrays.mismatch(expected.split("\n", -1), shown.split("\n", -1)) + 1;
        assertEquals(
                expected,
                shown,
                () -> golden + " differs from line " + line + " on; CONTRIBUTING.md says how to"
                        + " rewrite it where that is meant");
    }

    /**
     * Holds a JSON file.
     *
     * @param masked the paths of values of which the kind alone is held
     */
    void json(String name, Path file, Pattern masked) throws IOException {
        hold(name, MaskedJson.of(Files.readString(file), name.replace(".json", ""), masked));
    }

    /** Holds a history.csv: of measured numbers the count of decimals. */
    void history(String name, Path file) throws IOException {
        String measured = ",\\d+\\.\\d{6},[01]\\.\\d{6},\\d+\\.\\d{6},[01]\\.\\d{6},[01],\\d+\\.\\d{3},\\d+\\.\\d";
        hold(
                name,
                Files.readString(file)
                        .replaceAll(
                                "(?m)^(\\d+,\\d+,[^,]+)" + measured + "$",
                                "$1,9.999999,9.999999,9.999999,9.999999,9,9.999,9.9"));
    }

    /** Holds what a run says: of measured numbers the count of decimals. */
    void log(String name, String text) throws IOException {
        hold(
                name,
                text.replaceAll("(?m)^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3} ", "<time> ")
                        .replaceAll(", convolutions limited to \\S+", "")
                        .replaceAll(
                                "dynafilter \\S+, libtorch \\S+, Java \\S+, \\S+",
                                "dynafilter <version>, libtorch <version>, Java <version>, <platform>")
                        .replaceAll(
                                "train " + EPOCH + "  (test|validation) " + EPOCH
                                        + "(?: \\(best\\))?  (lr \\S+)  [\\d,]+ images/s  \\d+\\S* ?\\S+",
                                "train loss 9.9999 accuracy 9.99 %  $1 loss 9.9999 accuracy 9.99 %[ (best)]  $2"
                                        + "  9 images/s  <duration>")
                        .replaceAll("accuracy \\d+\\.\\d\\d % in epoch \\d+", "accuracy 9.99 % in epoch 9")
                        .replaceAll("accuracy \\d+\\.\\d\\d %, loss \\d+\\.\\d{4}", "accuracy 9.99 %, loss 9.9999"));
    }

    /** Holds a file of {@code torch.save}: everything but the tensors' numbers, in the file's order. */
    void checkpoint(String name, Path file) throws IOException {
        NativeRuntime.load();
        Object root = TorchFile.read(file);
        StringBuilder text = new StringBuilder();
        describe(root, "", "", text);
        TorchFile.closeTensors(root);
        hold(name, text.toString());
    }

    private static void describe(Object value, String path, String indent, StringBuilder text) {
        if (value instanceof Map<?, ?> map) {
            text.append("dict of ").append(map.size()).append('\n');
            map.forEach((key, item) -> {
                text.append(indent).append("  ").append(scalar(key)).append(": ");
                describe(item, path.isEmpty() ? key.toString() : path + "." + key, indent + "  ", text);
            });
        } else if (value instanceof List<?> || value instanceof Tuple) {
            List<?> items = value instanceof Tuple tuple ? tuple.items() : (List<?>) value;
            boolean plain = items.stream().noneMatch(item -> item instanceof Map || item instanceof Tensor);
            text.append(value instanceof Tuple ? "tuple" : "list")
                    .append(" of ")
                    .append(items.size());
            if (plain) {
                text.append(": ").append(items.stream().map(GoldenFiles::scalar).toList());
            }
            text.append('\n');
            for (Object item : plain ? List.of() : items) {
                text.append(indent).append("  - ");
                describe(item, path, indent + "    ", text);
            }
        } else if (value instanceof Tensor tensor) {
            text.append("tensor of ")
                    .append(tensor.scalar_type().intern().toString().toLowerCase(Locale.ROOT));
            text.append(' ').append(Arrays.toString(tensor.shape())).append('\n');
        } else {
            boolean measured = MEASURED_IN_CHECKPOINT.matcher(path).matches();
            text.append(
                            measured
                                    ? kind(value)
                                    : path.equals("optimizer.param_groups.lr")
                                            ? rounded((Double) value)
                                            : scalar(value))
                    .append('\n');
        }
    }

    private static String kind(Object value) {
        return "<" + value.getClass().getSimpleName() + ">";
    }

    /** The last bits of a rate are its cosine's, which may be another machine's. */
    private static String rounded(double rate) {
        return String.format(Locale.ROOT, "%.8g (a Double)", rate);
    }

    /** In Python's spelling where the two differ, so that types show. */
    private static String scalar(Object value) {
        if (value instanceof String) {
            return "'" + value + "'";
        }
        return value == null ? "None" : value instanceof Boolean on ? on ? "True" : "False" : value.toString();
    }
}
