package dynafilter.data;

import dynafilter.runtime.TensorBytes;
import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Whether libtorch's resizing adds by fused multiply-adds, which its compilers choose for some processors and not for others:
 * a value in a hundred thousand is rounded to the other side. Found out by resizing a picture.
 */
final class FusedSums {
    private static final int HEIGHT = 29;
    private static final int WIDTH = 41;
    private static final int SIZE = 11;

    private FusedSums() {}

    /** True: libtorch's sums on this machine are fused; false: its products are rounded before they are added. */
    static boolean areLibtorchs() {
        return Once.ARE_FUSED;
    }

    /** Initialised when it is first asked for. */
    private static final class Once {
        static final boolean ARE_FUSED = areFused();
    }

    private static boolean areFused() {
        SplitMix random = new SplitMix(0);
        byte[] picture = new byte[HEIGHT * 3 * WIDTH];
        for (int i = 0; i < picture.length; i++) {
            picture[i] = (byte) random.nextLong();
        }
        float[] fused = new SquareResizing(
                        new TriangleWeights(HEIGHT, SIZE, 0, SIZE),
                        new TriangleWeights(WIDTH, SIZE, 0, SIZE),
                        SIZE,
                        true)
                .values(new Rows(picture));
        try (PointerScope scope = new PointerScope()) {
            float[] values = new float[picture.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = picture[i] & 0xff;
            }
            Tensor planes = TensorBytes.of(values)
                    .view(HEIGHT, 3, WIDTH)
                    .permute(1, 0, 2)
                    .unsqueeze(0)
                    .contiguous(); // [1, 3, HEIGHT, WIDTH]
            Tensor resized = SquareImage.interpolated(planes, SIZE, SIZE); // [1, 3, SIZE, SIZE]
            return Arrays.equals(
                    fused,
                    TensorBytes.floats(resized.squeeze(0).permute(1, 0, 2).contiguous()));
        }
    }

    /** A picture in memory. */
    @SuppressWarnings("ArrayRecordComponent") // written out; compared by nobody
    private record Rows(byte[] bytes) implements PixelRows {
        @Override
        public int width() {
            return WIDTH;
        }

        @Override
        public int height() {
            return HEIGHT;
        }

        @Override
        public void read(int y, byte[] rgb) {
            System.arraycopy(bytes, y * rgb.length, rgb, 0, rgb.length);
        }
    }
}
