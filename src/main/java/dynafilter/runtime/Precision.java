package dynafilter.runtime;

import dynafilter.io.EnumOption;
import dynafilter.io.InputException;
import java.util.Locale;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The arithmetic of the forward and backward pass. Parameters, statistics and the loss are float32 in all of them. */
public enum Precision {
    /** IEEE single precision. */
    FP32,
    /** TensorFloat-32 matrix products and convolutions on CUDA; single precision elsewhere. */
    TF32,
    /** Autocast to bfloat16. */
    BF16;

    /**
     * The precision of a name.
     *
     * @throws InputException for a name that is none of these
     */
    public static Precision of(String name) {
        return EnumOption.of(Precision.class, "--precision", name);
    }

    /** Sets the TF32 switches of the process: on for TF32, off for the others. */
    public void apply() {
        Context context = torch.globalContext();
        context.setAllowTF32CuBLAS(this == TF32);
        context.setAllowTF32CuDNN(this == TF32);
    }

    /** The element type of the inputs of convolutions and matrix products. */
    public ScalarType type() {
        return this == BF16 ? ScalarType.BFloat16 : ScalarType.Float;
    }

    /** The bytes of one element of {@link #type}. */
    public int elementSize() {
        return this == BF16 ? Short.BYTES : Float.BYTES;
    }

    /** True: inputs are rounded to 16 bits; false: they are as wide as float32. */
    public boolean isHalf() {
        return elementSize() < Float.BYTES;
    }

    /** Opens the region in which a forward pass runs: autocast for bf16, without effect for the others. */
    public Region autocast(DeviceType device) {
        return this == BF16 ? new AutocastRegion(device) : () -> {};
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** A region of code that ends at {@link #close}. */
    public interface Region extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * The region of Python's {@code with torch.autocast(device, dtype=torch.bfloat16)}, for which the binding has no guard
     * class.
     */
    private static final class AutocastRegion implements Region {
        private final DeviceType device;
        private final boolean enabledBefore;

        AutocastRegion(DeviceType device) {
            this.device = device;
            enabledBefore = torch.is_autocast_enabled(device);
            torch.set_autocast_dtype(device, BF16.type());
            torch.set_autocast_enabled(device, true);
            torch.increment_nesting();
        }

        @Override
        public void close() {
            // The cache of cast weights belongs to one forward pass: the next one sees updated weights.
            if (torch.decrement_nesting() == 0) {
                torch.clear_cache();
            }
            torch.set_autocast_enabled(device, enabledBefore);
        }
    }
}
