package dynafilter.data;

import dynafilter.runtime.TensorBytes;
import java.nio.ByteBuffer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The R, G and B planes of a picture, filled row by row; the tensor belongs to the scope it is made in. */
public final class PixelPlanes {
    private final int width;
    private final int pixels;
    private final Tensor planes; // uint8 [3, height, width]
    private final ByteBuffer memory; // a view of the planes

    public PixelPlanes(int height, int width) {
        this.width = width;
        pixels = height * width; // few enough, or the file was refused
        planes = TensorBytes.empty(ScalarType.Byte, 3, height, width);
        try (PointerScope views = new PointerScope()) {
            memory = TensorBytes.view(planes, 0, 3 * pixels);
        }
    }

    /**
     * Writes a row.
     *
     * @param y the row, counted from 0
     * @param rgb the R of the row's pixels, then the G, then the B
     */
    public void put(int y, byte[] rgb) {
        for (int channel = 0; channel < 3; channel++) {
            memory.put(channel * pixels + y * width, rgb, channel * width, width);
        }
    }

    /** The planes: uint8 [3, height, width]. */
    public Tensor tensor() {
        return planes;
    }
}
