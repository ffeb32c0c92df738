package dynafilter.checkpoint;

import dynafilter.data.ClassNames;
import dynafilter.data.device.ChannelStatistics;
import dynafilter.io.InputException;
import dynafilter.torchfile.BadFile;
import dynafilter.torchfile.TorchFile;
import dynafilter.torchfile.TypedDict;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint: the state of a training run at the end of an epoch, in a file that {@code torch.load(path, weights_only=True)}
 * reads as one dict.
 *
 * <p>A checkpoint that was read owns its tensors (contiguous, on the CPU), and {@link #close} frees them. One that is made for
 * writing may borrow the tensors of a running network, on any device: do not close it then.
 *
 * @param model the state dict, in the network's order
 * @param optimizer the optimizer's state, as {@code torch.optim}'s state_dict(): {"state": {int: {name: tensor or number}},
 *     "param_groups": [{..., "params": [int]}]}; ints are Long when read
 * @param epoch the number of finished epochs
 * @param step the number of finished optimizer steps
 * @param bestAccuracy the best accuracy so far, 0 to 1
 * @param recipe the settings of the run, as plain values
 * @param classes the label names, in the order of the scores
 * @param rng the states of the random generators
 * @param extra all other entries of the file, kept as they are
 * @param notes the choices and conversions that reading took, for people; not written, and empty for one made for writing
 */
public record Checkpoint(
        Map<String, Tensor> model,
        Map<String, @Nullable Object> optimizer,
        long epoch,
        long step,
        double bestAccuracy,
        Map<String, @Nullable Object> recipe,
        List<String> classes,
        Map<String, @Nullable Object> rng,
        Map<String, @Nullable Object> extra,
        List<String> notes)
        implements AutoCloseable {
    /** The format that this version writes, and the only one it reads. */
    public static final String FORMAT = "dynafilter/1";

    /** The extra entry with the moving average of a run's weights. */
    public static final String AVERAGE = "ema";

    /** The extra entry on labels that were added to a trained network: a list with a dict for each. */
    public static final String EXTENDED = "extended";

    /** The extra entry with the SHA-256 of {@code backbone.ts.pt}, where the network needs one. */
    public static final String BACKBONE_PROGRAM = "backbone_program_sha256";

    /** The extra entry with the mean and std of pixels by which images are normalised, where these are not CIFAR-10's. */
    public static final String NORMALIZATION = "normalization";

    private static final String FAMILY = "dynafilter/";
    private static final Set<String> KEYS =
            Set.of("format", "model", "optimizer", "epoch", "step", "best_accuracy", "recipe", "classes", "rng");

    public Checkpoint {
        for (String key : extra.keySet()) {
            if (KEYS.contains(key)) {
                throw new IllegalArgumentException("\"" + key + "\" is a field of every checkpoint, not an extra");
            }
        }
    }

    /**
     * Reads a checkpoint that {@link #write} or Python wrote.
     *
     * @return the checkpoint, which the caller closes
     * @throws InputException where the file cannot be read, is not a dynafilter checkpoint of this version, or lacks an entry;
     *     the message names the entry
     */
    public static Checkpoint read(Path file) {
        Object root = TorchFile.read(file);
        try {
            return of(root, file);
        } catch (Throwable e) {
            TorchFile.closeTensors(root);
            throw e;
        }
    }

    /**
     * The checkpoint in the contents of a file, whose tensors it takes over.
     *
     * @param root the contents, as {@link TorchFile#read} returns them
     * @throws InputException as {@link #read} does
     */
    static Checkpoint of(@Nullable Object root, Path file) {
        if (!(root instanceof Map<?, ?> dict) || !isCheckpoint(root)) {
            throw new InputException(file + " is not a dynafilter checkpoint "
                    + FileContents.of(root).shown() + "; give the best.pt or last.pt of a training run");
        }
        TypedDict fields = TypedDict.of(dict, file);
        String format = fields.string("format");
        if (!format.equals(FORMAT)) {
            throw new InputException(file + " has the format " + BadFile.shown(format) + " and this version reads "
                    + FORMAT + "; use the version of dynafilter that wrote it");
        }
        Map<String, @Nullable Object> extra = new LinkedHashMap<>();
        dict.forEach((key, value) -> {
            if (key instanceof String name && !KEYS.contains(name)) {
                extra.put(name, value);
            }
        });
        checkOptimizer(fields.dict("optimizer"), file);
        List<String> classes = fields.strings("classes");
        ClassNames.checkLines(file, classes);
        Set<String> notes = new LinkedHashSet<>();
        Map<String, Tensor> model = network(fields, "model", file, notes);
        if (fields.has(AVERAGE)) {
            extra.put(AVERAGE, network(fields, AVERAGE, file, notes));
        }
        return new Checkpoint(
                model,
                fields.map("optimizer"),
                fields.count("epoch"),
                fields.count("step"),
                fields.number("best_accuracy"),
                fields.map("recipe"),
                classes,
                fields.map("rng"),
                extra,
                List.copyOf(notes));
    }

    /** Reads a network, which Python may have written again under other names and in any precision. */
    private static Map<String, Tensor> network(TypedDict fields, String key, Path file, Set<String> notes) {
        Optional<SavedNetwork> network = SavedNetwork.in(fields.dict(key).all(), file, Landmark.NETWORK);
        network.ifPresent(found -> notes.addAll(found.notes()));
        return network.map(SavedNetwork::tensors).orElseGet(() -> fields.tensors(key));
    }

    /** True: the contents of a file are a checkpoint of any version; false: they are anything else. */
    static boolean isCheckpoint(@Nullable Object root) {
        return root instanceof Map<?, ?> map && map.get("format") instanceof String format && format.startsWith(FAMILY);
    }

    private static void checkOptimizer(TypedDict optimizer, Path file) {
        optimizer.numbered("state").forEach((parameter, state) -> {
            if (!(state instanceof Map)) {
                throw new InputException("\"optimizer.state\" in " + file + " should hold a dict for parameter "
                        + parameter + "; give a checkpoint that is complete");
            }
        });
        for (Object group : optimizer.list("param_groups")) {
            if (!(group instanceof Map<?, ?> settings)
                    || !(settings.get("params") instanceof List<?> parameters)
                    || !parameters.stream().allMatch(Long.class::isInstance)) {
                throw new InputException("\"optimizer.param_groups\" in " + file
                        + " should be dicts with a list \"params\" of ints; give a checkpoint that is complete");
            }
        }
    }

    /** The SHA-256 of the program of the run's backbone, which lies beside the checkpoint; empty for ResNet-18's stem. */
    public Optional<String> backboneProgram() {
        return extra.get(BACKBONE_PROGRAM) instanceof String sha256 ? Optional.of(sha256) : Optional.empty();
    }

    /**
     * The statistics of pixels by which the run's images are normalised.
     *
     * @param file the checkpoint's, for messages
     * @throws InputException where they are no numbers that can be used
     */
    public ChannelStatistics statistics(Path file) {
        return extra.get(NORMALIZATION) instanceof Map<?, ?> stored
                ? StoredStatistics.of(stored, file)
                : ChannelStatistics.CIFAR;
    }

    /** The labels that were added after training, in their order. */
    public List<String> addedLabels() {
        return extra.get(EXTENDED) instanceof List<?> notes
                ? notes.stream()
                        .map(note -> note instanceof Map<?, ?> map ? String.valueOf(map.get("label")) : "?")
                        .toList()
                : List.of();
    }

    /** The moving average of the weights by tensor name, with which the run was evaluated; empty where the run kept none. */
    @SuppressWarnings("unchecked") // read() checked it, and Trainer writes nothing else
    public Optional<Map<String, Tensor>> average() {
        return Optional.ofNullable((Map<String, Tensor>) extra.get(AVERAGE));
    }

    /** The same checkpoint with one more extra entry; both share their tensors. */
    public Checkpoint with(String key, Object value) {
        Map<String, @Nullable Object> more = new LinkedHashMap<>(extra);
        more.put(key, value);
        return new Checkpoint(model, optimizer, epoch, step, bestAccuracy, recipe, classes, rng, more, notes);
    }

    /**
     * Writes the checkpoint; the file is replaced as a whole or not at all.
     *
     * @throws dynafilter.io.OutputException where the file cannot be written; the old one is kept
     */
    public void write(Path file) {
        Map<String, @Nullable Object> root = new LinkedHashMap<>();
        root.put("format", FORMAT);
        root.put("model", model);
        root.put("optimizer", optimizer);
        root.put("epoch", epoch);
        root.put("step", step);
        root.put("best_accuracy", bestAccuracy);
        root.put("recipe", recipe);
        root.put("classes", classes);
        root.put("rng", rng);
        root.putAll(extra);
        TorchFile.write(file, root);
    }

    /** Frees the tensors. */
    @Override
    public void close() {
        TorchFile.closeTensors(List.of(model, optimizer, rng, recipe, extra));
    }
}
