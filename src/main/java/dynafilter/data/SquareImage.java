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
     * @param image uint8 [3, height, width]
     * @return uint8 [3, size, size], in the caller's scope
     * @throws IOException for an image so narrow that the longer side would need gigabytes
     */
    public static Tensor of(Tensor image, int size) throws IOException {
        long height = image.size(1);
        long width = image.size(2);
        long shorter = Math.min(height, width);
        long longer = size * Math.max(height, width) / shorter; // rounded down, as in torchvision
        if (longer > (long) MOST_NARROW * size) {
            throw new IOException("is " + width + " by " + height + " pixels: too narrow");
        }
        Tensor resized = shorter == size
                ? image
                : resize(image, height <= width ? size : longer, height <= width ? longer : size);
        long top = (long) Math.rint((resized.size(1) - size) / 2.0); // halves to even, as Python rounds
        long left = (long) Math.rint((resized.size(2) - size) / 2.0);
        return resized.narrow(1, top, size).narrow(2, left, size).contiguous();
    }

    /**
     * Resizes square images; a square needs no cropping.
     *
     * @param images uint8 [N, 3, S, S]
     * @return uint8 [N, 3, size, size], in the caller's scope
     */
    static Tensor ofSquares(Tensor images, int size) {
        return resizeAll(images, size, size);
    }

    private static Tensor resize(Tensor image, long height, long width) {
        return resizeAll(image.unsqueeze(0), height, width).squeeze(0);
    }

    private static Tensor resizeAll(Tensor images, long height, long width) {
        InterpolateFuncOptions options = new InterpolateFuncOptions();
        options.size().put(new LongVectorOptional(new LongVector(height, width)));
        options.mode().put(new kBilinear());
        options.align_corners().put(false);
        options.antialias().put(true);
        return torch.interpolate(images.to(ScalarType.Float), options)
                .round()
                .clamp(new ScalarOptional(new Scalar(0)), new ScalarOptional(new Scalar(255)))
                .to(ScalarType.Byte);
    }
}
