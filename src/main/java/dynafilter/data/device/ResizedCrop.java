package dynafilter.data.device;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorOptionalList;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Parts of images enlarged to the images' size, as {@code torchvision.transforms.functional.resized_crop} does: bilinear, pixels
 * being squares, and nothing beyond a part's edge has an influence. Since nothing is made smaller, antialiasing changes nothing.
 *
 * @param size height and width of an image
 */
record ResizedCrop(int size) {
    /**
     * The neighbours of places along an axis: of each, the two pixels that it lies between.
     *
     * @param low int64 [B, S]
     * @param high int64 [B, S]
     * @param share float32 [B, S], of the second
     */
    private record Neighbours(Tensor low, Tensor high, Tensor share) {}

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
        Tensor tall = torch.lerp(
                lines(pixels, rows, down.low),
                lines(pixels, rows, down.high),
                down.share.view(-1, size, 1, 1)); // [B, S, S, 3], of all columns
        return torch.lerp(
                columns(tall, across.low), columns(tall, across.high), across.share.view(-1, 1, size, 1));
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

    /** Rows of images, in float32: [B, S, S, 3]. */
    private static Tensor lines(Tensor pixels, Tensor rows, Tensor which) {
        TensorOptionalList at = new TensorOptionalList();
        at.push_back(new TensorOptional(rows.unsqueeze(1)));
        at.push_back(new TensorOptional(which));
        return torch.index(pixels, at).to(ScalarType.Float);
    }

    private Tensor columns(Tensor images, Tensor which) {
        return images.gather(2, which.view(-1, 1, size, 1).expand(images.shape()));
    }
}
