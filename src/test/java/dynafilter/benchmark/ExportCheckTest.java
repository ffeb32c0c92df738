package dynafilter.benchmark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import dynafilter.model.Classifier;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NativeScope.class)
class ExportCheckTest {
    /** A network whose only score is the sum of the pixels times a factor. */
    private record Sum(double factor) implements Classifier {
        @Override
        public Tensor scores(Tensor pixels) {
            return pixels.to(ScalarType.Float)
                    .flatten(1, -1)
                    .sum(new long[] {1}, true, new ScalarTypeOptional())
                    .mul(new Scalar(factor));
        }

        @Override
        public Tensor responseMaps(Tensor pixels) {
            throw new AssertionError("not asked for");
        }

        @Override
        public Tensor filters(Tensor pixels) {
            throw new AssertionError("not asked for");
        }

        @Override
        public int heads() {
            return 1;
        }

        @Override
        public void close() {}
    }

    @Test
    void scoresThatDifferByMoreThanATenThousandthDoNotHold() {
        Tensor pixels = torch.ones(new long[] {3, 3, 2, 2}, new TensorOptions(ScalarType.Byte));
        ExportCheck near = ExportCheck.of(new Sum(1), new Sum(1.00005), pixels);
        assertTrue(near.holds());
        assertEquals(12, near.scores().largest());
        assertEquals(12 * 0.00005, near.scores().difference(), 1e-5);
        assertEquals(3, near.images());
        assertEquals(1, near.speeds().get(0).batch());
        assertEquals(3, near.speeds().get(1).batch());
        assertFalse(ExportCheck.of(new Sum(1), new Sum(1.0002), pixels).holds());
        assertFalse(ExportCheck.of(new Sum(1), new Sum(Double.NaN), pixels).holds());
    }
}
