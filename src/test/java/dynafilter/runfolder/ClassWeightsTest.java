package dynafilter.runfolder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dynafilter.NativeScope;
import dynafilter.TensorAssert;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NativeScope.class)
class ClassWeightsTest {
    /** Five of class 0, one of class 1, none of class 2, two of class 3. */
    private static Tensor labels() {
        Tensor labels = torch.zeros(8).to(ScalarType.Long);
        labels.narrow(0, 5, 1).fill_(new Scalar(1L));
        labels.narrow(0, 6, 2).fill_(new Scalar(3L));
        return labels;
    }

    @Test
    void balancedWeightsAreInverseToTheImagesOfTheClass() {
        float[] weights = TensorAssert.floats(ClassWeights.BALANCED.of(labels(), 4));
        assertArrayEquals(new float[] {8f / (3 * 5), 8f / 3, 0, 8f / (3 * 2)}, weights, 1e-6f);
    }

    @Test
    void noneMakesNoDifference() {
        assertNull(ClassWeights.NONE.of(labels(), 4));
    }
}
