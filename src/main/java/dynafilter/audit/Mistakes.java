package dynafilter.audit;

import dynafilter.data.ImagePlace;
import dynafilter.io.Csv;
import dynafilter.runtime.TensorBytes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The images that a network labels wrongly. */
public final class Mistakes {
    private static final long CHUNK = 1 << 24; // scores looked at together

    private Mistakes() {}

    /**
     * Finds them, the most confident first: by the probability of the wrong label, then by margin.
     *
     * @param scores float32 [N, K], divided by the temperature of a calibrated network
     * @param labels int64 [N], of the same device
     */
    public static List<Mistake> of(Tensor scores, Tensor labels) {
        List<Mistake> mistakes = new ArrayList<>();
        long rows = Math.max(1, CHUNK / scores.size(1));
        try (InferenceMode inference = new InferenceMode()) {
            for (long from = 0; from < scores.size(0); from += rows) {
                try (PointerScope scope = new PointerScope()) {
                    long count = Math.min(rows, scores.size(0) - from);
                    add(mistakes, scores.narrow(0, from, count), labels.narrow(0, from, count), (int) from);
                }
            }
        }
        mistakes.sort(Comparator.comparingDouble(Mistake::predictedProbability)
                .thenComparingDouble(Mistake::margin)
                .reversed()
                .thenComparingInt(Mistake::image));
        return mistakes;
    }

    private static void add(List<Mistake> mistakes, Tensor scores, Tensor labels, int first) {
        Tensor predicted = scores.argmax(new LongOptional(1), false);
        Tensor at = predicted.ne(labels).nonzero().select(1, 0); // [M]
        Tensor wrong = scores.index_select(0, at).to(ScalarType.Double); // [M, K]
        Tensor truth = labels.index_select(0, at).unsqueeze(1);
        Tensor taken = predicted.index_select(0, at).unsqueeze(1);
        Tensor own = wrong.gather(1, truth);
        Tensor best = wrong.gather(1, taken);
        Tensor shares = wrong.softmax(1);
        long[] images = longs(at);
        long[] label = longs(truth);
        long[] other = longs(taken);
        long[] higher = longs(wrong.gt(own).sum(1));
        double[] labelShare = doubles(shares.gather(1, truth));
        double[] otherShare = doubles(shares.gather(1, taken));
        double[] margin = doubles(best.sub(own));
        for (int i = 0; i < images.length; i++) {
            mistakes.add(new Mistake(
                    first + (int) images[i],
                    (int) label[i],
                    (int) other[i],
                    labelShare[i],
                    otherShare[i],
                    (int) Math.max(2, higher[i] + 1), // of equal scores the first wins
                    margin[i]));
        }
    }

    private static long[] longs(Tensor values) {
        return TensorBytes.longs(values.flatten().cpu().contiguous());
    }

    private static double[] doubles(Tensor values) {
        return TensorBytes.doubles(values.flatten().cpu().contiguous());
    }

    /**
     * The mistakes as a table. Paths and labels that a spreadsheet would take for formulas begin with {@code ./} and an apostrophe.
     *
     * @param classes the names of the labels
     */
    public static String csv(List<Mistake> mistakes, AuditedImages images, List<String> classes) {
        List<String> rows = new ArrayList<>();
        rows.add(Csv.row(Stream.of(
                "file",
                "index",
                "label",
                "predicted",
                "label_probability",
                "predicted_probability",
                "label_rank",
                "margin")));
        for (Mistake mistake : mistakes) {
            ImagePlace place = images.place(mistake.image());
            rows.add(Csv.row(Stream.of(
                    Csv.path(place.file()),
                    place.index() == ImagePlace.ALONE ? "" : place.index(),
                    Csv.name(classes.get(mistake.label())),
                    Csv.name(classes.get(mistake.predicted())),
                    number(mistake.labelProbability()),
                    number(mistake.predictedProbability()),
                    mistake.rank(),
                    number(mistake.margin()))));
        }
        return Csv.text(rows);
    }

    /** Six significant digits, without an exponent where that is readable. */
    private static String number(double value) {
        return value == 0 ? "0" : String.format(Locale.ROOT, Math.abs(value) < 1e-4 ? "%.5e" : "%.6g", value);
    }
}
