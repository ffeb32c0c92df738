package dynafilter.checkpoint;

import dynafilter.io.InputException;
import dynafilter.model.NetworkShape;
import dynafilter.runtime.TensorBytes;
import dynafilter.torchfile.TypedDict;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The labels that a run held out of training, with their word vectors, of which filters can be made all the same. A checkpoint
 * keeps them in its entry {@value #ENTRY}: {@code {"labels": [name], "vectors": float32 [U, E]}}.
 *
 * @param names the names of the labels, in the data set's order
 * @param vectors the embedding of each, scaled as those of the labels that were trained on
 */
public record UnseenLabels(List<String> names, List<float[]> vectors) {
    /** The extra entry of a checkpoint. */
    public static final String ENTRY = "held_out";

    /** The held-out labels in a checkpoint that was just read; empty where it has none. */
    public static Optional<UnseenLabels> of(Checkpoint checkpoint, Path file) {
        if (!(checkpoint.extra().get(ENTRY) instanceof Map<?, ?> entry)) {
            return Optional.empty();
        }
        TypedDict fields = TypedDict.of(entry, file);
        List<String> names = fields.strings("labels");
        Tensor vectors = fields.tensor("vectors");
        Tensor embedding = checkpoint.model().get(NetworkShape.EMBEDDING); // [K, E]
        boolean fits = vectors.dim() == 2
                && vectors.is_floating_point()
                && vectors.size(0) == names.size()
                && embedding != null
                && embedding.dim() == 2
                && vectors.size(1) == embedding.size(1);
        if (!fits) {
            throw new InputException("\"" + ENTRY + ".vectors\" in " + file + " is " + Arrays.toString(vectors.shape())
                    + ", not a row of the embeddings' size for each of its " + names.size()
                    + " labels; give a checkpoint that is complete");
        }
        return Optional.of(new UnseenLabels(names, rows(vectors)));
    }

    /**
     * The labels of these names.
     *
     * @param vectors [U, E]; copied
     */
    public static UnseenLabels of(List<String> names, Tensor vectors) {
        return new UnseenLabels(List.copyOf(names), rows(vectors));
    }

    private static List<float[]> rows(Tensor vectors) {
        int size = Math.toIntExact(vectors.size(1));
        try (Tensor plain = vectors.to(ScalarType.Float);
                Tensor contiguous = plain.contiguous()) {
            float[] all = TensorBytes.floats(contiguous);
            List<float[]> rows = new ArrayList<>();
            for (int at = 0; at < all.length; at += size) {
                rows.add(Arrays.copyOfRange(all, at, at + size));
            }
            return List.copyOf(rows);
        }
    }

    /** The entry of a checkpoint; its tensor belongs to the caller's scope. */
    public Map<String, Object> toEntry() {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("labels", names);
        entry.put("vectors", tensor(vectors));
        return entry;
    }

    private static Tensor tensor(List<float[]> rows) {
        int size = rows.get(0).length;
        float[] all = new float[rows.size() * size];
        for (int row = 0; row < rows.size(); row++) {
            System.arraycopy(rows.get(row), 0, all, row * size, size);
        }
        return TensorBytes.of(all).view(rows.size(), size);
    }

    /** The names of a network's labels and, behind them, of those held-out labels that it was not given since. */
    public List<String> behind(List<String> classes) {
        List<String> all = new ArrayList<>(classes);
        names.stream().filter(name -> !classes.contains(name)).forEach(all::add);
        return all;
    }

    /**
     * The embeddings of {@link #behind}, in the caller's scope.
     *
     * @param embedding those of the network's labels, [K, E]
     */
    Tensor behind(Tensor embedding, List<String> classes) {
        List<float[]> missing = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            if (!classes.contains(names.get(i))) {
                missing.add(vectors.get(i));
            }
        }
        return missing.isEmpty()
                ? embedding
                : torch.cat(
                        new TensorVector(embedding, tensor(missing).to(embedding.device(), embedding.scalar_type())));
    }

    /** For each label of a network, true: training held it out; false: it did not. */
    public List<Boolean> areAmong(List<String> labels) {
        return labels.stream().map(names::contains).toList();
    }
}
