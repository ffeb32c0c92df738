package dynafilter.data.device;

import dynafilter.data.device.Transforms.Jitter;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.TensorBytes;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Changes of the colours of a batch by the formulas of {@code torchvision.transforms.functional} for floating-point images, always
 * in one order: brightness, contrast, saturation, hue.
 */
final class ColorJitter implements AutoCloseable {
    private static final double WHITE = 255;
    private static final double RED = 0.2989; // shares of the light
    private static final double GREEN = 0.587;
    private static final double BLUE = 0.114;

    /** Where on the circle of hues, in sixths of a turn, red, green and blue are at their darkest: five, three and one behind. */
    private static final float[] SECTORS = {5, 3, 1};

    private static final double TURN = 6; // in sixths

    private final Jitter strengths;
    private final Tensor sectors; // float32 [3, 1, 1, 1]

    /** @param like float32, on the device */
    ColorJitter(Jitter strengths, Tensor like) {
        this.strengths = strengths;
        try (PointerScope scope = new PointerScope()) {
            sectors = NativeOwner.outliveScope(
                    TensorBytes.of(SECTORS).view(3, 1, 1, 1).to(like.device(), like.scalar_type()));
        }
    }

    /**
     * The images in other colours. It is computed with each channel by itself, [3, B, H, W], so that every operator goes through
     * memory in order.
     *
     * @param pixels uint8 or float32 [B, H, W, 3], of 0 to 255
     * @param drawn float32 [draws, B]
     * @return float32 [B, H, W, 3]
     */
    Tensor apply(Tensor pixels, Tensor drawn) {
        Tensor planes = sectors.new_empty(new long[] {3, pixels.size(0), pixels.size(1), pixels.size(2)});
        planes.copy_(pixels.permute(3, 0, 1, 2));
        if (strengths.brightness() > 0) {
            clamp(planes.mul_(factors(drawn, Draw.BRIGHTNESS)));
        }
        if (strengths.contrast() > 0) {
            Tensor mean = grey(planes).mean(new long[] {1, 2}, true, new ScalarTypeOptional()); // [B, 1, 1]
            blend(planes, mean, factors(drawn, Draw.CONTRAST));
        }
        if (strengths.saturation() > 0) {
            blend(planes, grey(planes), factors(drawn, Draw.SATURATION));
        }
        Tensor coloured = strengths.hue() > 0 ? turned(planes, factors(drawn, Draw.HUE)) : planes;
        return coloured.permute(1, 2, 3, 0).contiguous();
    }

    /** @return [B, 1, 1] */
    private static Tensor factors(Tensor drawn, Draw draw) {
        return ImageTransforms.of(drawn, draw).view(-1, 1, 1);
    }

    /** Makes planes what lies between others, of factor 0, and themselves, of factor 1; or beyond. */
    private static void blend(Tensor planes, Tensor others, Tensor factors) {
        clamp(planes.mul_(factors).add_(others.sub(others.mul(factors))));
    }

    private static void clamp(Tensor planes) {
        planes.clamp_(new ScalarOptional(new Scalar(0.0)), new ScalarOptional(new Scalar(WHITE)));
    }

    /** The light of each pixel: [B, H, W]. */
    private static Tensor grey(Tensor planes) {
        return planes.select(0, 0)
                .mul(new Scalar(RED))
                .add_(planes.select(0, 1), new Scalar(GREEN))
                .add_(planes.select(0, 2), new Scalar(BLUE));
    }

    /**
     * The planes with their hues turned: in the space HSV, of which the chroma, saturation times value, is enough.
     *
     * @param turns [B, 1, 1]
     */
    private Tensor turned(Tensor planes, Tensor turns) {
        Tensor red = planes.select(0, 0);
        Tensor green = planes.select(0, 1);
        Tensor blue = planes.select(0, 2);
        Tensor value = planes.amax(new long[] {0}, false); // [B, H, W]
        Tensor chroma = value.sub(planes.amin(new long[] {0}, false));
        Tensor divisor = chroma.add(chroma.eq(new Scalar(0))); // 1 for grey, which has no hue
        Tensor hue = torch.where(
                value.eq(red),
                green.sub(blue).div_(divisor),
                torch.where(
                        value.eq(green),
                        blue.sub(red).div_(divisor).add_(new Scalar(2.0)),
                        red.sub(green).div_(divisor).add_(new Scalar(4.0)))); // in sixths of a turn
        Tensor from = hue.add_(turns.mul(new Scalar(TURN))).add(sectors).remainder_(new Scalar(TURN)); // [3, B, H, W]
        Tensor missing = torch.minimum(from, from.neg().add_(new Scalar(4.0)))
                .clamp_(new ScalarOptional(new Scalar(0.0)), new ScalarOptional(new Scalar(1.0)));
        return value.sub(missing.mul_(chroma));
    }

    @Override
    public void close() {
        sectors.close();
    }
}
