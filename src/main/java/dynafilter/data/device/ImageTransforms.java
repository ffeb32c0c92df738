package dynafilter.data.device;

import dynafilter.data.device.Transforms.Jitter;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.TensorBytes;
import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The transforms of a batch beyond crop and flip, by a few operators for all of its images. What is drawn for them lies in one
 * tensor on the device, a column for each place in the epoch's order. Pixels are of 0 to 255, the channels of one lie together
 * (NHWC), and none is rounded between one transform and the next.
 */
final class ImageTransforms implements AutoCloseable {
    private static final int CHANNELS = 3;

    private final NativeOwner owner;
    private final Transforms transforms;
    private final Tensor draws; // float32 [draws, N], of the current epoch
    private final Tensor lines; // float32 [S], 0 to S - 1
    private final Tensor columns; // float32 [3S], of each number of a line of pixels: 0 to S - 1, each three times
    private final ResizedCrop crop;
    private final @Nullable ColorJitter jitter; // null: colours stay as they are
    private final NativeOwner ofSize = new NativeOwner();
    private @Nullable Tensor partners; // int64 [size], the other image of each one's pair; null before the first batch

    /** @param labels int64 [N], on the device */
    ImageTransforms(Transforms transforms, int imageSize, Tensor labels) {
        this.transforms = transforms;
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            draws = building.keep(labels.new_zeros(new long[] {Draw.values().length, labels.size(0)})
                    .to(ScalarType.Float));
            lines = building.keep(
                    torch.arange(new Scalar(imageSize), labels.options()).to(ScalarType.Float));
            columns = building.keep(lines.unsqueeze(1).repeat(1, CHANNELS).flatten());
            crop = building.keep(new ResizedCrop(imageSize, labels));
            jitter = transforms.jitter().equals(Jitter.NONE)
                    ? null
                    : building.keep(new ColorJitter(transforms.jitter(), lines));
            building.keep(ofSize);
            owner = building.handOver();
        }
    }

    /** Takes the draws of an epoch, [draw][place]. */
    void begin(float[][] epoch) {
        int length = Math.toIntExact(draws.size(1));
        if (epoch.length != draws.size(0)) {
            throw new IllegalArgumentException("a plan without the draws of these transforms");
        }
        float[] table = new float[epoch.length * length];
        for (int row = 0; row < epoch.length; row++) {
            System.arraycopy(epoch[row], 0, table, row * length, length);
        }
        draws.copy_(TensorBytes.of(table).view(epoch.length, length));
    }

    /**
     * What is drawn for a batch.
     *
     * @param at int64 [size], its places in the epoch's order
     * @return float32 [draws, size]
     */
    Tensor drawn(Tensor at) {
        return draws.index_select(1, at);
    }

    /** The numbers of one draw for each image of a batch: float32 [size]. */
    static Tensor of(Tensor drawn, Draw draw) {
        return drawn.select(0, draw.row());
    }

    /**
     * The parts of images that were drawn, each enlarged to the whole size.
     *
     * @param pixels uint8 [M, S, S, 3]
     * @param rows int64 [size], of the pixels
     * @param lines int64 [size, S], the rows of the result in the order in which they are wanted
     * @param columns int64 [size, S], its columns, likewise
     * @return float32 [size, S, S, 3]
     */
    Tensor scaled(Tensor pixels, Tensor rows, Tensor lines, Tensor columns, Tensor drawn) {
        return crop.apply(pixels, rows, lines, columns, drawn);
    }

    /**
     * The batch of some pixels: colours changed, normalised, partly erased, mixed.
     *
     * @param pixels uint8 or float32 [size, S, S, 3]
     * @param targets of the images
     * @param type of the images' numbers, which are rounded to it from float32
     */
    Batch finished(Tensor pixels, Targets targets, Tensor drawn, Normalization normalization, ScalarType type) {
        Tensor coloured = jitter == null ? pixels : jitter.apply(pixels, drawn);
        Tensor images = normalization.apply(
                coloured.permute(0, 3, 1, 2), transforms.mixes() ? ScalarType.Float : type); // [size, 3, S, S]
        Tensor numbers =
                images.permute(0, 2, 3, 1).view(-1, lines.size(0), columns.size(0)); // the same memory by lines
        if (transforms.erase() > 0) {
            numbers.masked_fill_(
                    inside(drawn, Draw.ERASE_TOP, Draw.ERASE_LEFT, Draw.ERASE_BOTTOM, Draw.ERASE_RIGHT), new Scalar(0));
        }
        if (!transforms.mixes()) {
            return new Batch(images, targets);
        }
        Tensor pairs = partners(targets.labels());
        Tensor mixed = mixed(numbers, pairs, drawn).view(coloured.shape()).permute(0, 3, 1, 2);
        return new Batch(
                mixed.to(type), targets, false, new Batch.Mixture(targets.at(pairs), of(drawn, Draw.MIX_SHARE)));
    }

    /** The numbers of each image mixed with those of the other one of its pair, which is mixed with it: [size, S, 3S]. */
    private Tensor mixed(Tensor numbers, Tensor pairs, Tensor drawn) {
        Tensor share = inside(drawn, Draw.MIX_TOP, Draw.MIX_LEFT, Draw.MIX_BOTTOM, Draw.MIX_RIGHT)
                .logical_not()
                .mul(of(drawn, Draw.MIX_OUTSIDE).view(-1, 1, 1)); // of an image's own
        return torch.lerp(numbers.index_select(0, pairs), numbers, share);
    }

    /**
     * The places in a batch of the other image of each one's pair: its neighbour, so that ranks with an even number of images pair
     * them as one process would. Where the number is odd, the last image takes the first.
     */
    private Tensor partners(Tensor labels) {
        int size = Math.toIntExact(labels.size(0));
        Tensor last = partners;
        if (last != null && last.size(0) == size) {
            return last;
        }
        long[] other = new long[size];
        Arrays.setAll(other, place -> (place ^ 1) < size ? place ^ 1 : 0);
        try (PointerScope scope = new PointerScope()) {
            Tensor made = TensorBytes.of(other).to(labels.device(), labels.scalar_type());
            ofSize.close();
            partners = ofSize.keep(made);
            return made;
        }
    }

    /** Which numbers lie inside of a box: bool [size, S, 3S]. */
    private Tensor inside(Tensor drawn, Draw top, Draw left, Draw bottom, Draw right) {
        return between(lines, drawn, top, bottom)
                .unsqueeze(2)
                .logical_and(between(columns, drawn, left, right).unsqueeze(1));
    }

    private static Tensor between(Tensor places, Tensor drawn, Draw first, Draw behind) {
        return places.ge(of(drawn, first).unsqueeze(1))
                .logical_and(places.lt(of(drawn, behind).unsqueeze(1)));
    }

    @Override
    public void close() {
        owner.close();
    }
}
