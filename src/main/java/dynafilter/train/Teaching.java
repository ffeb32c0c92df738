package dynafilter.train;

import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.ClassNames;
import dynafilter.data.ImageSet;
import dynafilter.data.device.DataMemory;
import dynafilter.data.device.DeviceImages;
import dynafilter.distributed.WorkerGroup;
import dynafilter.io.InputException;
import dynafilter.model.Classifier;
import dynafilter.model.Views;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.TensorBytes;
import java.util.List;
import java.util.function.LongConsumer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * What a teacher, another trained network, says of a run's training images: the probabilities of the labels, which the run learns
 * beside the labels themselves (Hinton et al. 2015, "Distilling the Knowledge in a Neural Network"; here at the temperature of the
 * teacher's calibration, mostly 1). They are computed once, of the mean score of each whole image and its mirror image, since the
 * teacher may be many times as large as the network.
 *
 * @param probabilities float32 [N, K], of all training images, before a part of them is held out; closed with this
 * @param sha256 of the teacher's file
 */
public record Teaching(Tensor probabilities, String sha256) implements AutoCloseable {
    /**
     * Asks a teacher, each rank about its part of the images.
     *
     * @param images at the teacher's size
     * @param classes the names of the run's labels, in their order; the teacher may know further ones
     * @param sha256 of the teacher's file
     * @param done told the number of images that are scored by this rank
     * @throws InputException where the teacher does not know all labels
     */
    public static Teaching of(
            TrainedNetwork teacher,
            ImageSet images,
            List<String> classes,
            String sha256,
            Evaluator evaluator,
            ComputeDevice device,
            DataMemory memory,
            WorkerGroup group,
            LongConsumer done) {
        requireLabels(teacher, classes);
        long from = images.size() * group.rank() / group.size();
        long to = images.size() * (group.rank() + 1) / group.size();
        boolean streams =
                memory.streams(DeviceImages.bytes(images.size(), images.images().size(2), 0), device);
        Classifier views = Views.MIRROR.of(teacher.classifier());
        try (DeviceImages all = new DeviceImages(images, null, device, false, streams);
                PointerScope scope = new PointerScope()) {
            Tensor probabilities = torch.zeros(
                    new long[] {images.size(), classes.size()},
                    new TensorOptions(ScalarType.Float).device(new DeviceOptional(device.toTorch())));
            if (from < to) {
                Evaluator.Batches batches = (first, size) -> {
                    done.accept(first - from);
                    return views.scores(all.pixels(first, size));
                };
                Tensor scores = evaluator.scores(batches, evaluator.batchSize(teacher.imageSize()), from, to);
                Tensor own = ofLabels(scores.to(device.toTorch(), ScalarType.Float), teacher, classes);
                probabilities
                        .narrow(0, from, to - from)
                        .copy_(own.div(new Scalar(teacher.calibration().temperature()))
                                .softmax(1));
            }
            group.sum(probabilities);
            return new Teaching(NativeOwner.outliveScope(probabilities), sha256);
        }
    }

    private static void requireLabels(TrainedNetwork teacher, List<String> classes) {
        List<String> known = teacher.classes();
        if (teacher.hasNames() ? known.containsAll(classes) : known.size() == classes.size()) {
            return;
        }
        throw new InputException("--teacher " + teacher.file() + " knows "
                + (teacher.hasNames() ? "the classes " + ClassNames.shown(known) : known.size() + " classes")
                + ", the data set has " + ClassNames.shown(classes)
                + ": a teacher knows all of them; train one on the same --data");
    }

    /** The columns of the run's labels: [N, K]. */
    private static Tensor ofLabels(Tensor scores, TrainedNetwork teacher, List<String> classes) {
        if (!teacher.hasNames()) {
            return scores;
        }
        Tensor columns = TensorBytes.of(
                classes.stream().mapToLong(teacher.classes()::indexOf).toArray());
        return scores.index_select(1, columns.to(scores.device(), columns.scalar_type()));
    }

    @Override
    public void close() {
        probabilities.close();
    }
}
