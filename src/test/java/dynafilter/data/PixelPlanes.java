package dynafilter.data;

import dynafilter.runtime.TensorBytes;
import org.bytedeco.pytorch.Tensor;

/** A picture in memory, whole. */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
public record PixelPlanes(int width, int height, byte[] planes) implements PixelRows {
    /** The R, G and B planes of a picture: uint8 [3, height, width]. */
    public static Tensor of(PixelRows picture) {
        int width = picture.width();
        int pixels = picture.height() * width;
        byte[] planes = new byte[3 * pixels];
        byte[] rgb = new byte[3 * width];
        for (int y = 0; y < picture.height(); y++) {
            picture.read(y, rgb);
            for (int channel = 0; channel < 3; channel++) {
                System.arraycopy(rgb, channel * width, planes, channel * pixels + y * width, width);
            }
        }
        return TensorBytes.of(planes).view(3, picture.height(), width);
    }

    /** The rows of the planes uint8 [3, height, width]. */
    public static PixelRows of(Tensor planes) {
        return new PixelPlanes((int) planes.size(2), (int) planes.size(1), TensorBytes.bytes(planes));
    }

    @Override
    public void read(int y, byte[] rgb) {
        for (int channel = 0; channel < 3; channel++) {
            System.arraycopy(planes, (channel * height + y) * width, rgb, channel * width, width);
        }
    }
}
