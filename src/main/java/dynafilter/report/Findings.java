package dynafilter.report;

import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.DataSet;
import dynafilter.data.DeviceImages;
import dynafilter.data.ImageSet;
import dynafilter.model.Classifier;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.Precision;
import dynafilter.train.Evaluation;
import dynafilter.train.Evaluator;
import dynafilter.train.Recipe;
import dynafilter.train.Softmax;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What a trained network does on a test set.
 *
 * @param data the set's name
 * @param sha256 of the data set
 * @param classes names, by label
 * @param examples of each class, as far as there are any, an image it gets right and one it gets wrong, of each kind the
 *     one it is surest of
 * @param similarity cosine of the angle between every two filters, [K][K]
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
public record Findings(
        String data,
        String sha256,
        List<String> classes,
        Evaluation evaluation,
        List<Example> examples,
        double[][] similarity) {
    /** The most numbers of response maps that a page holds: 200 images of 100 classes, 8 by 8 each. */
    private static final int MOST_NUMBERS = 1_300_000;

    /** Evaluates a network on the test set that a recipe asks for. */
    public static Findings of(TrainedNetwork trained, DataSet set, Recipe recipe, ComputeDevice device) {
        long limit = recipe.limitTest() == 0 ? set.test().size() : recipe.limitTest();
        Classifier classifier = trained.classifier();
        try (PointerScope scope = new PointerScope();
                InferenceMode inference = new InferenceMode();
                ImageSet test = set.test().limit(limit);
                DeviceImages images = new DeviceImages(test, device, false)) {
            Tensor scores = new Evaluator(recipe.precision(), device).scores(classifier, images); // [N, classes]
            float[][] rows = rows(scores);
            Tensor filters = classifier.filters().flatten(1, -1).to(ScalarType.Float); // [K, C], of length one
            long[] chosen = choose(rows, test.labelArray());
            long most = MOST_NUMBERS
                    / (filters.size(0) * trained.network().shape().mapSize());
            return new Findings(
                    set.name(),
                    set.sha256(),
                    set.classes(),
                    Evaluator.evaluation(scores, images.labels()),
                    examples(
                            classifier,
                            test,
                            Arrays.copyOf(chosen, (int) Math.min(chosen.length, most)),
                            rows,
                            recipe.precision(),
                            device),
                    doubles(rows(filters.mm(filters.t()))));
        }
    }

    /** For each label the surest right and the surest wrong answer, by place in the test set. */
    static long[] choose(float[][] scores, long[] labels) {
        int classes = scores[0].length;
        long[] chosen = new long[2 * classes];
        double[] surest = new double[2 * classes];
        for (int i = 0; i < scores.length; i++) {
            int predicted = Example.ranking(scores[i]).get(0);
            double probability = Softmax.of(scores[i])[predicted];
            int place = 2 * (int) labels[i] + (predicted == labels[i] ? 0 : 1);
            if (probability > surest[place]) {
                surest[place] = probability;
                chosen[place] = 1L + i;
            }
        }
        return Arrays.stream(chosen)
                .filter(number -> number > 0)
                .map(number -> number - 1)
                .toArray();
    }

    private static List<Example> examples(
            Classifier classifier,
            ImageSet test,
            long[] chosen,
            float[][] scores,
            Precision precision,
            ComputeDevice device) {
        List<Example> examples = new ArrayList<>();
        if (chosen.length == 0) {
            return examples;
        }
        try (ImageSet some = test.subset(chosen);
                DeviceImages images = new DeviceImages(some, device, false);
                Precision.Region autocast = precision.autocast(device.type())) {
            Tensor maps = classifier.responseMaps(images.pixels(0, images.size())); // [n, K, h, w]
            int height = Math.toIntExact(maps.size(2));
            int width = Math.toIntExact(maps.size(3));
            float[][] rows = rows(maps.flatten(0, 1).flatten(1, -1)); // [n * K, h * w]
            int each = Math.toIntExact(maps.size(1));
            long[] labels = some.labelArray();
            for (int i = 0; i < chosen.length; i++) {
                List<Grid> grids = Arrays.stream(rows, i * each, (i + 1) * each)
                        .map(row -> new Grid(height, width, row))
                        .toList();
                examples.add(new Example(chosen[i], (int) labels[i], scores[(int) chosen[i]], picture(some, i), grids));
            }
            return examples;
        }
    }

    private static PixelImage picture(ImageSet set, int index) {
        return PixelImage.ofPlanes(set.pixels(index), (int) set.images().size(2), (int)
                set.images().size(3));
    }

    /** The rows of a matrix, as float32. */
    private static float[][] rows(Tensor matrix) {
        Tensor values = matrix.to(new Device(DeviceType.CPU), ScalarType.Float).contiguous();
        float[][] rows = new float[Math.toIntExact(values.size(0))][Math.toIntExact(values.size(1))];
        FloatPointer numbers = new FloatPointer(values.data_ptr()).capacity(values.numel());
        for (int row = 0; row < rows.length; row++) {
            numbers.position((long) row * rows[row].length).get(rows[row]);
        }
        return rows;
    }

    private static double[][] doubles(float[][] rows) {
        double[][] doubles = new double[rows.length][];
        for (int row = 0; row < rows.length; row++) {
            float[] values = rows[row];
            doubles[row] = new double[values.length];
            Arrays.setAll(doubles[row], column -> values[column]);
        }
        return doubles;
    }
}
