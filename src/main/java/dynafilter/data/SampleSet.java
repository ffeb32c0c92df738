package dynafilter.data;

import dynafilter.runtime.TensorBytes;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The generated data set, to try everything with and without a download: five coloured shapes and five textures over uneven
 * backgrounds, 32x32, 8,000 to train on and 2,000 to test on. The same bytes on every machine.
 */
public final class SampleSet {
    /** The number of images in the training set. */
    public static final int TRAIN_SIZE = 8000;

    /** The number of images in the test set. */
    public static final int TEST_SIZE = 2000;

    /** The names of the classes, by label. */
    public static final List<String> CLASSES =
            List.of("circle", "ring", "square", "triangle", "cross", "stripes", "checks", "dots", "gradient", "noise");

    private static final long TRAIN_SEED = 1;
    private static final long TEST_SEED = 2;

    private SampleSet() {}

    /** Makes the set, in parallel, in under a second. */
    public static DataSet make() {
        ImageSet train = make("sample train", TRAIN_SIZE, TRAIN_SEED);
        return DataSet.of("sample", train, make("sample test", TEST_SIZE, TEST_SEED));
    }

    private static ImageSet make(String name, int size, long seed) {
        int[] order = IntStream.range(0, size).map(i -> i % CLASSES.size()).toArray();
        new SplitMix(seed).shuffle(order);
        byte[] pixels = new byte[size * SampleImage.BYTES];
        IntStream.range(0, size)
                .parallel()
                .forEach(i -> new SampleImage(order[i], SplitMix.at(seed, i)).draw(pixels, i * SampleImage.BYTES));
        try (PointerScope scope = new PointerScope()) {
            Tensor images = TensorBytes.empty(ScalarType.Byte, size, 3, SampleImage.SIDE, SampleImage.SIDE);
            TensorBytes.view(images, 0, pixels.length).put(pixels);
            Tensor labels = TensorBytes.of(IntStream.of(order).asLongStream().toArray());
            return new ImageSet(name, images, labels, CLASSES);
        }
    }
}
