package dynafilter.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A residual block: its layers, with ReLU between them, then the sum with the block's input and a last ReLU.
 *
 * @param name such as {@code layer1.0}
 * @param layers two of 3x3, or a bottleneck's three of 1x1, 3x3 and 1x1
 * @param downsample brings the input to the size and channels of the output; null where it has them already
 */
public record ResNetBlock(
        String name, List<ResNetLayer> layers, @Nullable ResNetLayer downsample) {
    /** The channels of the block's input. */
    public int inputs() {
        return layers.get(0).inputs();
    }

    /** The channels of the block's output. */
    public int outputs() {
        return last().outputs();
    }

    /** The layer that the block's input is added to. */
    public ResNetLayer last() {
        return layers.get(layers.size() - 1);
    }

    /** The height or width of the block's output. */
    public long side(long input) {
        long side = input;
        for (ResNetLayer layer : layers) {
            side = layer.side(side);
        }
        return side;
    }
}
