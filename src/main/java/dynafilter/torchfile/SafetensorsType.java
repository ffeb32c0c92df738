package dynafilter.torchfile;

import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.jspecify.annotations.Nullable;

/**
 * The element types of safetensors, in the order of the format's own enumeration, by which writers sort (the file
 * {@code safetensors/src/tensor.rs} of version 0.8.0). Their names are those in the file.
 */
enum SafetensorsType {
    BOOL(8, ScalarType.Bool),
    F4(4, null),
    F6_E2M3(6, null),
    F6_E3M2(6, null),
    U8(8, ScalarType.Byte),
    I8(8, ScalarType.Char),
    F8_E5M2(8, ScalarType.Float8_e5m2),
    F8_E4M3(8, ScalarType.Float8_e4m3fn),
    F8_E8M0(8, ScalarType.Float8_e8m0fnu),
    F8_E4M3FNUZ(8, ScalarType.Float8_e4m3fnuz),
    F8_E5M2FNUZ(8, ScalarType.Float8_e5m2fnuz),
    I16(16, ScalarType.Short),
    U16(16, ScalarType.UInt16),
    F16(16, ScalarType.Half),
    BF16(16, ScalarType.BFloat16),
    I32(32, ScalarType.Int),
    U32(32, ScalarType.UInt32),
    F32(32, ScalarType.Float),
    C64(64, null),
    F64(64, ScalarType.Double),
    I64(64, ScalarType.Long),
    U64(64, ScalarType.UInt64);

    private final int bits;
    private final @Nullable ScalarType scalarType;

    /** @param scalarType the type in libtorch; null: no network here could use such numbers, and they are not read */
    SafetensorsType(int bits, @Nullable ScalarType scalarType) {
        this.bits = bits;
        this.scalarType = scalarType;
    }

    /** The bits of one element. */
    int bits() {
        return bits;
    }

    /** The type in libtorch; empty for one that is not read. */
    Optional<ScalarType> scalarType() {
        return Optional.ofNullable(scalarType);
    }

    /** The type of a name in a file; empty for an unknown one. */
    static Optional<SafetensorsType> of(String name) {
        return Arrays.stream(values()).filter(type -> type.name().equals(name)).findFirst();
    }

    /** The type that libtorch calls so; empty for one that safetensors do not have, such as a quantized one. */
    static Optional<SafetensorsType> of(ScalarType type) {
        ScalarType wanted = type.intern(); // enums from native code are not the interned constants
        return Arrays.stream(values())
                .filter(known -> known.scalarType == wanted)
                .findFirst();
    }
}
