package dynafilter.model;

import static dynafilter.TensorAssert.assertClose;
import static dynafilter.TensorAssert.assertIdentical;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dynafilter.NativeScope;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Filters of a length and their response maps, against torch.nn.functional's normalize and conv2d. */
@ExtendWith(NativeScope.class)
class DynamicConvolutionTest {
    private static final long CHANNELS = 24;

    private static Tensor random(long... sizes) {
        return torch.randn(sizes);
    }

    @Test
    void filtersHaveTheLengthAndTheGradientOfNormalize() {
        Tensor rows = random(7, CHANNELS).requires_grad_(true);
        Tensor same = rows.detach().clone().requires_grad_(true);
        Tensor weights = random(7, CHANNELS);
        try (FilterLength scaling = new FilterLength(rows, CHANNELS)) {
            Tensor expected = torch.normalize(same);
            Tensor actual = scaling.apply(rows);
            assertClose(expected, actual, 1e-6, "filters");
            expected.mul(weights).sum().backward();
            actual.mul(weights).sum().backward();
            assertClose(same.grad(), rows.grad(), 1e-6, "gradient");
        }
    }

    @Test
    void filtersOfZerosStayZeros() {
        Tensor zeros = torch.zeros(new long[] {3, CHANNELS});
        try (FilterLength scaling = new FilterLength(zeros, CHANNELS)) {
            assertIdentical(zeros, scaling.apply(zeros), "zeros");
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 7, 10})
    void mapsAndGradientsAreThoseOfAConvolution(long filters) {
        Tensor features =
                random(4, CHANNELS, 3, 5).contiguous(MemoryFormat.ChannelsLast).requires_grad_(true);
        Tensor rows = random(filters, CHANNELS).requires_grad_(true);
        Tensor sameFeatures = features.detach().clone().requires_grad_(true);
        Tensor sameRows = rows.detach().clone().requires_grad_(true);
        Tensor expected = torch.conv2d(sameFeatures, sameRows.view(filters, CHANNELS, 1, 1));
        Tensor actual = DynamicConvolution.product(features, rows);
        assertClose(expected, actual, 1e-5, "maps");
        Tensor weights = random(expected.shape());
        expected.mul(weights).sum().backward();
        actual.mul(weights).sum().backward();
        assertClose(sameFeatures.grad(), features.grad(), 1e-5, "gradient of the features");
        assertClose(sameRows.grad(), rows.grad(), 1e-5, "gradient of the filters");
        assertEquals(features.grad().is_contiguous(MemoryFormat.ChannelsLast), true);
    }

    /** Numbers of filters that convolutions of some processors do wrongly, without a word, or end the process at. */
    @ParameterizedTest
    @CsvSource({
        "64, 48, 3, 2",
        "64, 70, 3, 2",
        "64, 100, 3, 3",
        "64, 40, 1, 8",
        "64, 80, 1, 3",
        "256, 1000, 1, 4",
        "512, 1000, 1, 2"
    })
    void unluckyNumbersOfFiltersMakeTheSameMaps(long channels, long filters, long side, long size) {
        for (long images : new long[] {1, 2, 5, 16}) {
            Tensor features = random(images, channels, size, size).contiguous(MemoryFormat.ChannelsLast);
            Tensor weights = random(filters, channels, side, side);
            Tensor exact = torch.conv2d( // in float64 other means compute it
                    features.to(ScalarType.Double),
                    weights.to(ScalarType.Double),
                    new TensorOptional(),
                    new long[] {1, 1},
                    "same",
                    new long[] {1, 1},
                    1);
            exact.mul_(new Scalar(DynamicConvolution.rescaling(channels * side * side)));
            String what = images + " images";
            assertClose(exact, DynamicConvolution.apply(features, weights), 1e-5, what);
            try (InferenceMode inference = new InferenceMode()) {
                assertClose(exact, DynamicConvolution.apply(features, weights), 1e-5, what + ", inference");
            }
        }
    }
}
