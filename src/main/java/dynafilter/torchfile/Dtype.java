package dynafilter.torchfile;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The element types a checkpoint may hold, by the names that Python gives them and their storages. */
public enum Dtype {
    FLOAT32("FloatStorage", 4, ScalarType.Float),
    FLOAT64("DoubleStorage", 8, ScalarType.Double),
    FLOAT16("HalfStorage", 2, ScalarType.Half),
    BFLOAT16("BFloat16Storage", 2, ScalarType.BFloat16),
    INT64("LongStorage", 8, ScalarType.Long),
    INT32("IntStorage", 4, ScalarType.Int),
    INT16("ShortStorage", 2, ScalarType.Short),
    INT8("CharStorage", 1, ScalarType.Char),
    UINT8("ByteStorage", 1, ScalarType.Byte),
    BOOL("BoolStorage", 1, ScalarType.Bool);

    private final String storageName;
    private final int itemSize;
    private final ScalarType scalarType;

    Dtype(String storageName, int itemSize, ScalarType scalarType) {
        this.storageName = storageName;
        this.itemSize = itemSize;
        this.scalarType = scalarType;
    }

    /** Python's class of a storage of this type, without its module: {@code torch}. */
    String storageName() {
        return storageName;
    }

    /** The bytes of one element. */
    int itemSize() {
        return itemSize;
    }

    /** The type in libtorch. */
    public ScalarType scalarType() {
        return scalarType;
    }

    /** The type's name in Python, such as {@code torch.float32}. */
    public String pythonName() {
        return "torch." + name().toLowerCase(Locale.ROOT);
    }

    /** The element type that libtorch calls so; empty for one that is not among these, such as a complex or quantized one. */
    static Optional<Dtype> of(ScalarType type) {
        ScalarType wanted = type.intern(); // enums from native code are not the interned constants
        return Arrays.stream(values())
                .filter(dtype -> dtype.scalarType == wanted)
                .findFirst();
    }
}
