package dynafilter.report.figure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.data.ImageSet;
import dynafilter.model.Classifier;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.Precision;
import dynafilter.train.Evaluator;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NativeScope.class)
class ConfidentImageTest {
    private static final int IMAGES = 520; // more than are looked at together

    /** The score of a label is the mean of one colour, divided by 50. */
    private static final Classifier BY_COLOUR = new Classifier() {
        @Override
        public Tensor scores(Tensor pixels) {
            return pixels.to(ScalarType.Float).mean(2, 3).div(new Scalar(50));
        }

        @Override
        public Tensor responseMaps(Tensor pixels) {
            throw new AssertionError("nobody needs them");
        }

        @Override
        public Tensor filters(Tensor pixels) {
            throw new AssertionError("nobody needs them");
        }

        @Override
        public int heads() {
            return 1;
        }

        @Override
        public void close() {}
    };

    private Tensor pixels; // black, all of label 0

    @BeforeEach
    void makeImages() {
        pixels = torch.zeros(new long[] {IMAGES, 3, 4, 4}, new TensorOptions(ScalarType.Byte));
    }

    private void paint(long image, long label, int light) {
        pixels.select(0, image).select(0, label).fill_(new Scalar(light));
    }

    private ConfidentImage choose() {
        Tensor labels = torch.zeros(new long[] {IMAGES}, new TensorOptions(ScalarType.Long));
        try (ImageSet set = new ImageSet("made", pixels, labels, List.of("red", "green", "blue"))) {
            return ConfidentImage.in(
                    set, BY_COLOUR, new Evaluator(Precision.FP32, ComputeDevice.CPU), ComputeDevice.CPU);
        }
    }

    @Test
    void takesTheFirstThatIsRightAndSure() {
        paint(3, 1, 255); // sure and wrong
        paint(5, 0, 100); // right, 79 %
        paint(510, 0, 200); // 96 %
        paint(515, 0, 255); // surer and later
        ConfidentImage image = choose();
        assertEquals(510, image.index());
        assertTrue(image.isRight());
        assertEquals(1 / (1 + 2 * Math.exp(-4)), image.probability(), 1e-6);
    }

    @Test
    void takesTheSurestOfTheRightOnesWhereNoneIsSure() {
        paint(3, 1, 255);
        paint(5, 0, 90);
        paint(512, 0, 100);
        assertEquals(512, choose().index());
        assertTrue(choose().isRight());
    }

    @Test
    void takesTheSurestMistakeWhereNothingIsRight() {
        pixels.select(1, 2).fill_(new Scalar(100));
        paint(9, 2, 200);
        assertEquals(9, choose().index());
        assertFalse(choose().isRight());
    }
}
