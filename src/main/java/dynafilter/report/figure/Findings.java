package dynafilter.report.figure;

import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.DataSet;
import dynafilter.data.ImageSet;
import dynafilter.data.device.DataMemory;
import dynafilter.data.device.DeviceImages;
import dynafilter.model.Calibration;
import dynafilter.model.Classifier;
import dynafilter.model.Scores;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.ZeroShot;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.Precision;
import dynafilter.runtime.TensorBytes;
import dynafilter.train.Evaluation;
import dynafilter.train.Evaluator;
import dynafilter.train.HeldOut;
import dynafilter.train.calibration.CalibrationTest;
import dynafilter.train.calibration.LabelledScores;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The findings on a trained network: its evaluation on a test set, examples of its images, and the similarity of its filters.
 *
 * @param data the name of the data set
 * @param sha256 of the data set
 * @param evaluated the part of the data set that was evaluated, in words
 * @param classes the names of the labels
 * @param examples of each class the image that is labelled rightly and the one that is labelled wrongly with the highest
 *     probability, where there are such images; of many classes or large maps only the first classes'
 * @param filters the names of the filters: mostly of their labels
 * @param similarity the cosine of the angle between every two filters, of their order
 * @param variation how far the filters follow the image; null: they are the same for all images
 * @param zeroShot the accuracies on labels that training held out; null: it held out none
 * @param calibration what the network's calibration does to these images; null: it has none
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
public record Findings(
        String data,
        String sha256,
        String evaluated,
        List<String> classes,
        Evaluation evaluation,
        List<Example> examples,
        List<String> filters,
        double[][] similarity,
        @Nullable FilterVariation variation,
        @Nullable ZeroShot zeroShot,
        @Nullable CalibrationTest calibration) {
    /** The greatest count of response maps' numbers in a page: those of 200 images with 100 maps of 8 by 8. */
    private static final int MOST_NUMBERS = 1_300_000;

    /**
     * Evaluates a network on the test images that a recipe asks for, or on those that its run held out.
     *
     * @param zeroShot the accuracies on labels that training held out; null: it held out none
     */
    public static Findings of(
            TrainedNetwork trained, DataSet set, Recipe recipe, ComputeDevice device, @Nullable ZeroShot zeroShot) {
        Classifier classifier = trained.classifier();
        try (PointerScope scope = new PointerScope();
                InferenceMode inference = new InferenceMode();
                HeldOut heldOut =
                        HeldOut.of(set, trained.training(), recipe.selection().limitTest());
                ImageSet test = heldOut.images();
                DeviceImages images = heldOut.onDevice(device, DataMemory.AUTO)) {
            Tensor scores =
                    new Evaluator(recipe.computation().precision(), device).scores(classifier, images); // [N, classes]
            float[][] rows = rows(scores);
            Calibration calibration = trained.calibration();
            long[] chosen = choose(rows, calibration.temperature(), test.labelArray());
            Filters filters = Filters.of(
                    classifier,
                    device,
                    set.classes(),
                    ResponseMaps.inputs(test, chosen.length > 0 ? chosen : new long[] {0}).stream()
                            .map(ResponseMaps.Input::pixels)
                            .toList());
            long most = MOST_NUMBERS
                    / ((long) trained.network().shape().maps()
                            * trained.network().shape().mapSize());
            return new Findings(
                    set.name(),
                    set.sha256(),
                    heldOut.name(),
                    set.classes(),
                    Evaluator.evaluation(scores, images.labels()),
                    examples(
                            classifier,
                            calibration.temperature(),
                            test,
                            fitting(chosen, most, test.labelArray()),
                            recipe.computation().precision(),
                            device),
                    filters.names(),
                    doubles(filters.similarity()),
                    FilterVariation.of(classifier, device, set.classes(), test).orElse(null),
                    zeroShot,
                    calibration.equals(Calibration.NONE)
                            ? null
                            : CalibrationTest.of(LabelledScores.of(scores, images.labels()), calibration));
        }
    }

    /** The indices in the test set of each label's surest right and surest wrong answer. */
    static long[] choose(float[][] scores, double temperature, long[] labels) {
        int classes = scores[0].length;
        long[] chosen = new long[2 * classes];
        double[] surest = new double[2 * classes];
        for (int i = 0; i < scores.length; i++) {
            Scores of = new Scores(scores[i], temperature);
            int predicted = of.predicted();
            double probability = of.probabilities()[predicted];
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

    /** The first of the chosen images, {@code most} at most, of whole classes: none of these counts as missing. */
    static long[] fitting(long[] chosen, long most, long[] labels) {
        int count = (int) Math.min(chosen.length, most);
        while (count > 0 && count < chosen.length && labels[(int) chosen[count]] == labels[(int) chosen[count - 1]]) {
            count--;
        }
        return Arrays.copyOf(chosen, count);
    }

    private static List<Example> examples(
            Classifier classifier,
            double temperature,
            ImageSet test,
            long[] chosen,
            Precision precision,
            ComputeDevice device) {
        if (chosen.length == 0) {
            return List.of();
        }
        try (Precision.Region autocast = precision.autocast(device.type())) {
            List<ResponseMaps> maps = ResponseMaps.of(classifier, device, test, chosen);
            return IntStream.range(0, chosen.length)
                    .mapToObj(i -> new Example(chosen[i], maps.get(i).at(temperature)))
                    .toList();
        }
    }

    /** The rows of a matrix, as float32. */
    private static float[][] rows(Tensor matrix) {
        float[] values = TensorBytes.floats(
                matrix.to(new Device(DeviceType.CPU), ScalarType.Float).contiguous());
        int width = Math.toIntExact(matrix.size(1));
        return IntStream.range(0, Math.toIntExact(matrix.size(0)))
                .mapToObj(row -> Arrays.copyOfRange(values, row * width, (row + 1) * width))
                .toArray(float[][]::new);
    }

    private static double[][] doubles(Grid grid) {
        double[][] doubles = new double[grid.height()][grid.width()];
        for (int row = 0; row < grid.height(); row++) {
            for (int column = 0; column < grid.width(); column++) {
                doubles[row][column] = grid.at(row, column);
            }
        }
        return doubles;
    }
}
