package dynafilter.checkpoint;

import dynafilter.data.ImageSize;
import dynafilter.data.device.ChannelStatistics;
import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The file {@code config.json} beside weights on the Hugging Face hub, in timm's form: {@code label_names} at the top, and under
 * {@code pretrained_cfg} (in older files at the top, too) {@code input_size}, {@code mean}, {@code std}, {@code interpolation} and
 * {@code crop_pct}.
 *
 * @param architecture timm's name for the network; empty where there is no such file
 * @param labelNames the labels' names in the order of the scores; empty where there are none
 * @param imageSize the height and width of the images; empty where it is not said
 * @param statistics those that images are normalised by; empty where they are not said
 * @param notes what was taken from the file, for people
 */
public record HubConfig(
        String architecture,
        List<String> labelNames,
        Optional<Integer> imageSize,
        Optional<ChannelStatistics> statistics,
        List<String> notes) {
    /** The file's name. */
    public static final String FILE = "config.json";

    /** What stands for a file that is not there. */
    static final HubConfig NONE = new HubConfig("", List.of(), Optional.empty(), Optional.empty(), List.of());

    private static final long MOST_BYTES = 16 << 20;
    private static final String PRETRAINED = "pretrained_cfg";

    /** The file beside another. */
    public static Path beside(Path file) {
        return file.resolveSibling(FILE);
    }

    /**
     * Reads the file beside weights.
     *
     * @return its contents; {@link #NONE} where there is no such file, or it is of another form, such as a run's
     * @throws InputException where it is not JSON, or its statistics cannot be used
     */
    static HubConfig of(Path weights) {
        Path file = beside(weights);
        if (!Files.isRegularFile(file)) {
            return NONE;
        }
        if (file.toFile().length() > MOST_BYTES) {
            throw new InputException(file + " is much larger than a description of a network; move it away");
        }
        Map<String, Object> root = JsonFile.read(file);
        Map<?, ?> pretrained = root.get(PRETRAINED) instanceof Map<?, ?> inner ? inner : root;
        if (!isHub(root)) {
            return NONE;
        }
        List<String> notes = new ArrayList<>();
        Optional<ChannelStatistics> statistics = pretrained.containsKey("mean") || pretrained.containsKey("std")
                ? Optional.of(StoredStatistics.of(pretrained, file))
                : Optional.empty();
        statistics
                .filter(told -> !told.equals(ChannelStatistics.CIFAR))
                .ifPresent(told -> notes.add(told + " from " + FILE));
        Object names = root.getOrDefault("label_names", pretrained.get("label_names"));
        return new HubConfig(
                String.valueOf(root.get("architecture")),
                ScriptNetworkReader.strings(names),
                side(pretrained, file),
                statistics,
                notes);
    }

    /** True: the file is of timm's form; false: another program has written it. */
    public static boolean isHub(Map<?, ?> root) {
        return root.get("architecture") instanceof String;
    }

    private static Optional<Integer> side(Map<?, ?> pretrained, Path file) {
        if (!(pretrained.get("input_size") instanceof List<?> sizes)) {
            return Optional.empty();
        }
        if (sizes.size() != 3 || !(sizes.get(1) instanceof Integer side) || !side.equals(sizes.get(2))) {
            throw new InputException(
                    file + " has the input size " + sizes + ", and square images are needed; correct it");
        }
        ImageSize.require(side);
        return Optional.of(side);
    }
}
