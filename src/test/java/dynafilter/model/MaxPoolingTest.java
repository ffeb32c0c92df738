package dynafilter.model;

import static dynafilter.TensorAssert.assertClose;
import static dynafilter.TensorAssert.assertIdentical;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dynafilter.NativeScope;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The deterministic form against libtorch's own. */
@ExtendWith(NativeScope.class)
class MaxPoolingTest {
    /** Whole numbers of a small range: many equals in every window. */
    private static Tensor features(long height, long width) {
        Tensor features =
                torch.empty(new long[] {3, 5, height, width}).random_(-2, new LongOptional(3), new GeneratorOptional());
        return features.contiguous(MemoryFormat.ChannelsLast).requires_grad_(true);
    }

    @ParameterizedTest
    @CsvSource({"9, 12", "16, 16", "7, 5", "2, 1"})
    void valuesAndGradientsAreMaxPool2ds(long height, long width) {
        Tensor features = features(height, width);
        Tensor same = features.detach().clone().requires_grad_(true);
        Tensor expected = MaxPooling.apply(features);
        Tensor actual = MaxPooling.byComparison(same);
        assertIdentical(expected.detach(), actual.detach(), "maxima");
        Tensor weights = torch.rand_like(expected);
        expected.mul(weights).sum().backward();
        actual.mul(weights).sum().backward();
        assertClose(features.grad(), same.grad(), 1e-6, "gradient");
        assertTrue(features.grad().ne(new Scalar(0)).sum().item_long() > 0);
    }

    @Test
    void notANumberWins() {
        Tensor features = torch.zeros(new long[] {1, 1, 6, 6});
        features.select(2, 3).select(2, 3).fill_(new Scalar(Double.NaN));
        Tensor expected = MaxPooling.apply(features).isnan();
        assertIdentical(expected, MaxPooling.byComparison(features).isnan(), "places of NaN");
        assertTrue(expected.sum().item_long() == 4);
    }
}
