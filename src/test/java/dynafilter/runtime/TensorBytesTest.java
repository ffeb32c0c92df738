package dynafilter.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dynafilter.NativeScope;
import java.nio.ByteBuffer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NativeScope.class)
class TensorBytesTest {
    /** As in the cache of 14,000 photos of 224 x 224 pixels. Memory that nobody touches costs nothing. */
    @Test
    void bytesBeyondTwoGibibytesAreSeen() {
        long far = (1L << 31) + 100;
        Tensor bytes = TensorBytes.empty(ScalarType.Byte, far + 8);
        bytes.narrow(0, far, 8).fill_(new Scalar(7));
        bytes.narrow(0, far + 3, 1).fill_(new Scalar(200));
        ByteBuffer view = TensorBytes.view(bytes, far, 8);
        assertEquals(8, view.remaining());
        assertEquals((byte) 200, view.get(3));
        assertEquals(7, view.get(7));
    }
}
