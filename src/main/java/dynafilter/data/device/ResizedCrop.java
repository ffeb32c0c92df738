package dynafilter.data.device;

import dynafilter.runtime.NativeOwner;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptionalList;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Parts of images enlarged to the images' size, as {@code torchvision.transforms.functional.resized_crop} does: bilinear, pixels
 * being squares, and nothing beyond a part's edge has an influence. Since nothing is made smaller, antialiasing changes nothing.
 */
final class ResizedCrop implements AutoCloseable {
    private static final int CHANNELS = 3;

    private final int size; // height and width of an image
    private final Tensor channels; // int64 [3], 0 to 2

    /**
     * The neighbours of places along an axis: of each, the two pixels that it lies between.
     *
     * @param low int64 [B, S]
     * @param high int64 [B, S]
     * @param share float32 [B, S], of the second
     */
    private record Neighbours(Tensor low, Tensor high, Tensor share) {}

    /** @param like int64, on the device */
    ResizedCrop(int imageSize, Tensor like) {
        size = imageSize;
        try (PointerScope scope = new PointerScope()) {
            channels = NativeOwner.outliveScope(torch.arange(new Scalar(CHANNELS), like.options()));
        }
    }

    /**
     * The parts.
     *
     * @param pixels uint8 [M, S, S, 3]
     * @param rows int64 [B], of the pixels
     * @param lines int64 [B, S], the rows of the result in the order in which they are wanted
     * @param columns int64 [B, S], its columns, likewise
     * @param drawn float32 [draws, B]
     * @return float32 [B, S, S, 3]
     */
    Tensor apply(Tensor pixels, Tensor rows, Tensor lines, Tensor columns, Tensor drawn) {
        Neighbours down = neighbours(lines, drawn, Draw.BOX_TOP, Draw.BOX_HEIGHT);
        Neighbours across = neighbours(columns, drawn, Draw.BOX_LEFT, Draw.BOX_WIDTH);
        Tensor tall = between(
                lines(pixels, rows, down.low),
                lines(pixels, rows, down.high),
                down.share.unsqueeze(2)); // [B, S, 3S], of all columns
        Tensor share = across.share.unsqueeze(2).expand(-1, -1, CHANNELS).reshape(-1, 1, (long) CHANNELS * size);
        return between(columns(tall, across.low), columns(tall, across.high), share)
                .view(-1, size, size, CHANNELS);
    }

    private Neighbours neighbours(Tensor wanted, Tensor drawn, Draw first, Draw length) {
        Tensor lengths = ImageTransforms.of(drawn, length).unsqueeze(1); // [B, 1]
        Tensor place = wanted.to(ScalarType.Float)
                .add(new Scalar(0.5))
                .mul(lengths.div(new Scalar((double) size)))
                .sub(new Scalar(0.5))
                .clamp_min(new Scalar(0));
        Tensor most = lengths.sub(new Scalar(1));
        Tensor below = torch.minimum(place.floor(), most);
        Tensor above = torch.minimum(below.add(new Scalar(1)), most);
        Tensor begin = ImageTransforms.of(drawn, first).unsqueeze(1);
        return new Neighbours(
                below.add(begin).to(ScalarType.Long), above.add(begin).to(ScalarType.Long), place.sub(below));
    }

    /** What lies between two tensors, of which the second is overwritten. */
    private static Tensor between(Tensor one, Tensor other, Tensor share) {
        return other.sub_(one).mul_(share).add_(one);
    }

    /** Rows of images: float32 [B, S, 3S]. */
    private static Tensor lines(Tensor pixels, Tensor rows, Tensor which) {
        TensorOptionalList at = new TensorOptionalList();
        at.push_back(new TensorOptional(rows.unsqueeze(1)));
        at.push_back(new TensorOptional(which));
        return torch.index(pixels.flatten(2, 3), at).to(ScalarType.Float);
    }

    /** Columns of images, [B, S, 3S]. */
    private Tensor columns(Tensor images, Tensor which) {
        Tensor numbers =
                which.mul(new Scalar(CHANNELS)).unsqueeze(2).add(channels).flatten(1, 2); // [B, 3S]
        return images.gather(2, numbers.unsqueeze(1).expand(images.shape()));
    }

    @Override
    public void close() {
        channels.close();
    }
}
