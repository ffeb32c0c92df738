package dynafilter.report.figure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.data.ImageSet;
import dynafilter.model.Classifier;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeRuntime;
import dynafilter.runtime.TensorBytes;
import java.util.List;
import java.util.Random;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Networks whose filters are numbers that tests know: mean cosines are those of all pairs, one by one. */
@ExtendWith(NativeScope.class)
class FilterVariationTest {
    private static final int IMAGES = 130; // more than a batch
    private static final int LABELS = 3;
    private static final int LENGTH = 16 * 16; // of a filter: a plane of the image

    @BeforeAll
    static void load() {
        NativeRuntime.load();
    }

    /** A network whose filters are the planes of the image. */
    private record Planes(long rows) implements Classifier {
        @Override
        public Tensor scores(Tensor pixels) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Tensor responseMaps(Tensor pixels) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Tensor filters(Tensor pixels) {
            return pixels.narrow(0, 0, Math.min(rows, pixels.size(0)))
                    .flatten(2, -1)
                    .to(ScalarType.Float);
        }

        @Override
        public int heads() {
            return 1;
        }

        @Override
        public void close() {
            // It has nothing to close.
        }
    }

    private static ImageSet images(byte[] pixels, byte[] labels) {
        return new ImageSet(
                "noise",
                TensorBytes.of(pixels).view(IMAGES, LABELS, 16, 16),
                TensorBytes.of(labels).to(ScalarType.Long),
                List.of("a", "b", "c"));
    }

    private static double cosine(byte[] pixels, int image, int label, int otherImage, int otherLabel) {
        double product = 0;
        double one = 0;
        double other = 0;
        for (int i = 0; i < LENGTH; i++) {
            double a = pixels[(image * LABELS + label) * LENGTH + i] & 0xff;
            double b = pixels[(otherImage * LABELS + otherLabel) * LENGTH + i] & 0xff;
            product += a * b;
            one += a * a;
            other += b * b;
        }
        return product / Math.sqrt(one * other);
    }

    @Test
    void meansAreThoseOfAllPairs() {
        byte[] pixels = new byte[IMAGES * LABELS * LENGTH];
        new Random(5).nextBytes(pixels);
        byte[] labels = new byte[IMAGES];
        for (int i = 1; i < IMAGES; i++) {
            labels[i] = (byte) (1 + i % 5 / 4); // one image of the first label
        }
        FilterVariation found;
        try (ImageSet set = images(pixels, labels)) {
            found = FilterVariation.of(new Planes(IMAGES), ComputeDevice.CPU, set.classes(), set)
                    .orElseThrow();
        }
        assertEquals(IMAGES, found.images());
        for (int label = 0; label < LABELS; label++) {
            double[] sums = new double[2];
            long[] counts = new long[2];
            for (int one = 0; one < IMAGES; one++) {
                for (int other = 0; other < IMAGES; other++) {
                    if (one != other && labels[one] == label) {
                        int place = labels[other] == label ? 0 : 1;
                        sums[place] += cosine(pixels, one, label, other, label);
                        counts[place]++;
                    }
                }
            }
            FilterVariation.OfLabel of = found.labels().get(label);
            assertEquals(sums[0] / counts[0], of.sameLabel(), 1e-6, of.label()); // NaN of the first
            assertEquals(sums[1] / counts[1], of.otherLabels(), 1e-6, of.label());
        }
        double across = 0;
        for (int image = 0; image < IMAGES; image++) {
            across += cosine(pixels, image, 0, image, 1)
                    + cosine(pixels, image, 0, image, 2)
                    + cosine(pixels, image, 1, image, 2);
        }
        assertEquals(across / 3 / IMAGES, found.acrossLabels(), 1e-6);
    }

    @Test
    void filtersThatAreTheSameForAllImagesDoNotVary() {
        try (ImageSet set = images(new byte[IMAGES * LABELS * LENGTH], new byte[IMAGES])) {
            assertTrue(FilterVariation.of(new Planes(1), ComputeDevice.CPU, set.classes(), set)
                    .isEmpty());
        }
    }
}
