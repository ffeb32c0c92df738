package dynafilter.data;

import java.io.IOException;
import org.bytedeco.pytorch.InterpolateFuncOptions;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.LongVectorOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.bytedeco.pytorch.kBilinear;

/**
 * Resizing and centre cropping of images to one size, as torchvision's {@code Resize(size)} and {@code CenterCrop(size)} for
 * tensors do.
 */
public final class SquareImage {
    private static final int MOST_NARROW = 1000;

    private SquareImage() {}

    /**
     * Resizes the shorter side to {@code size} (bilinear, antialiased) and the longer side in proportion, then cuts the longer
     * side at both ends. An image of that size stays as it is.
     *
     * @return uint8 [3, size, size]: the planes of R, G and B
     * @throws IOException for an image so narrow that the longer side would need gigabytes
     */
    public static byte[] of(PixelRows image, int size) throws IOException {
        int height = image.height();
        int width = image.width();
        int shorter = Math.min(height, width);
        long longer = (long) size * Math.max(height, width) / shorter; // rounded down, as in torchvision
        if (longer > (long) MOST_NARROW * size) {
            throw new IOException("is " + width + " by " + height + " pixels: too narrow");
        }
        int middle = (int) Math.rint((longer - size) / 2.0); // halves to even, as Python rounds
        int top = height <= width ? 0 : middle;
        int left = height <= width ? middle : 0;
        if (shorter == size) {
            return cropped(image, size, top, left);
        }
        return new SquareResizing(
                        new TriangleWeights(height, (int) (height <= width ? size : longer), top, size),
                        new TriangleWeights(width, (int) (height <= width ? longer : size), left, size),
                        size,
                        FusedSums.areLibtorchs())
                .bytes(image);
    }

    private static byte[] cropped(PixelRows image, int size, int top, int left) {
        byte[] square = new byte[3 * size * size];
        byte[] rgb = new byte[3 * image.width()];
        for (int y = 0; y < size; y++) {
            image.read(top + y, rgb);
            for (int channel = 0; channel < 3; channel++) {
                System.arraycopy(rgb, channel * image.width() + left, square, (channel * size + y) * size, size);
            }
        }
        return square;
    }

    /**
     * Resizes square images; a square needs no cropping.
     *
     * @param images uint8 [N, 3, S, S]
     * @return uint8 [N, 3, size, size], in the caller's scope
     */
    static Tensor ofSquares(Tensor images, int size) {
        return interpolated(images.to(ScalarType.Float), size, size)
                .round()
                .clamp(new ScalarOptional(new Scalar(0)), new ScalarOptional(new Scalar(255)))
                .to(ScalarType.Byte);
    }

    /**
     * libtorch's own resizing.
     *
     * @param images float32 [N, 3, H, W]
     * @return float32 [N, 3, height, width], in the caller's scope
     */
    static Tensor interpolated(Tensor images, int height, int width) {
        InterpolateFuncOptions options = new InterpolateFuncOptions();
        options.size().put(new LongVectorOptional(new LongVector(height, width)));
        options.mode().put(new kBilinear());
        options.align_corners().put(false);
        options.antialias().put(true);
        return torch.interpolate(images, options);
    }
}
