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
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Changes of the colours of a batch by the formulas of {@code torchvision.transforms.functional} for floating-point images, always
 * in one order: brightness, contrast, saturation, hue.
 */
final class ColorJitter implements AutoCloseable {
    private static final double WHITE = 255;
    private static final float[] LIGHT = {0.2989F, 0.587F, 0.114F}; // of red, green and blue

    /** Where on the circle of hues, in sixths of a turn, red, green and blue are at their darkest: five, three and one behind. */
    private static final float[] SECTORS = {5, 3, 1};

    private static final double TURN = 6; // in sixths

    private final NativeOwner owner;
    private final Jitter strengths;
    private final Tensor light; // float32 [3]
    private final Tensor sectors; // float32 [3]

    /** @param like float32, on the device */
    ColorJitter(Jitter strengths, Tensor like) {
        this.strengths = strengths;
        try (NativeOwner building = new NativeOwner();
                PointerScope scope = new PointerScope()) {
            light = building.keep(TensorBytes.of(LIGHT).to(like.device(), like.scalar_type()));
            sectors = building.keep(TensorBytes.of(SECTORS).to(like.device(), like.scalar_type()));
            owner = building.handOver();
        }
    }

    /**
     * The images in other colours.
     *
     * @param pixels uint8 or float32 [B, H, W, 3], of 0 to 255
     * @param drawn float32 [draws, B]
     * @return float32 [B, H, W, 3]
     */
    Tensor apply(Tensor pixels, Tensor drawn) {
        Tensor images = pixels.to(ScalarType.Float);
        if (strengths.brightness() > 0) {
            images = clamped(images.mul(factors(drawn, Draw.BRIGHTNESS)));
        }
        if (strengths.contrast() > 0) {
            Tensor mean = grey(images).mean(new long[] {1, 2, 3}, true, new ScalarTypeOptional());
            images = clamped(torch.lerp(mean, images, factors(drawn, Draw.CONTRAST)));
        }
        if (strengths.saturation() > 0) {
            images = clamped(torch.lerp(grey(images), images, factors(drawn, Draw.SATURATION)));
        }
        return strengths.hue() > 0 ? turned(images, factors(drawn, Draw.HUE)) : images;
    }

    private static Tensor factors(Tensor drawn, Draw draw) {
        return ImageTransforms.of(drawn, draw).view(-1, 1, 1, 1);
    }

    private static Tensor clamped(Tensor images) {
        return images.clamp_(new ScalarOptional(new Scalar(0.0)), new ScalarOptional(new Scalar(WHITE)));
    }

    /** The light of each pixel: [B, H, W, 1]. */
    private Tensor grey(Tensor images) {
        return images.mul(light).sum(new long[] {3}, true, new ScalarTypeOptional());
    }

    /**
     * The images with their hues turned: in the space HSV, of which the chroma, saturation times value, is enough.
     *
     * @param turns [B, 1, 1, 1]
     */
    private Tensor turned(Tensor images, Tensor turns) {
        Tensor red = images.narrow(3, 0, 1);
        Tensor green = images.narrow(3, 1, 1);
        Tensor blue = images.narrow(3, 2, 1);
        Tensor value = images.amax(new long[] {3}, true);
        Tensor chroma = value.sub(images.amin(new long[] {3}, true));
        Tensor divisor = chroma.add(chroma.eq(new Scalar(0))); // 1 for grey, which has no hue
        Tensor hue = torch.where(
                value.eq(red),
                green.sub(blue).div(divisor),
                torch.where(
                        value.eq(green),
                        blue.sub(red).div(divisor).add(new Scalar(2.0)),
                        red.sub(green).div(divisor).add(new Scalar(4.0)))); // in sixths of a turn
        Tensor from = hue.add(turns.mul(new Scalar(TURN))).add(sectors).remainder(new Scalar(TURN)); // [B, H, W, 3]
        Tensor missing = torch.minimum(from, from.neg().add(new Scalar(4.0)))
                .clamp_(new ScalarOptional(new Scalar(0.0)), new ScalarOptional(new Scalar(1.0)));
        return value.sub(chroma.mul(missing));
    }

    @Override
    public void close() {
        owner.close();
    }
}
