package dynafilter.torchfile;

import dynafilter.torchfile.PickleGlobals.StorageClass;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.razorvine.pickle.IObjectConstructor;

/**
 * The names of values that a file may hold beside its weights, and that this program does not need: each call of such a name
 * becomes an {@link Unread}, whatever its arguments are.
 */
final class UnreadPickleGlobals {
    private static final List<String> DTYPES = List.of(
            "uint16",
            "uint32",
            "uint64",
            "complex32",
            "complex64",
            "complex128",
            "float8_e4m3fn",
            "float8_e5m2",
            "float8_e4m3fnuz",
            "float8_e5m2fnuz",
            "float8_e8m0fnu",
            "float4_e2m1fn_x2",
            "quint8",
            "qint8",
            "qint32",
            "quint4x2",
            "quint2x4",
            "bits1x8",
            "bits2x4",
            "bits4x2",
            "bits8",
            "bits16");

    private static final List<String> QUANTIZATION_SCHEMES = List.of(
            "per_tensor_affine",
            "per_tensor_symmetric",
            "per_channel_affine",
            "per_channel_symmetric",
            "per_channel_affine_float_qparams");

    /** The classes of storages, and the bytes of one element: in old files they give the place of the next storage. */
    private static final Map<String, Integer> STORAGES = Map.of(
            "ComplexFloatStorage", 8,
            "ComplexDoubleStorage", 16,
            "QInt8Storage", 1,
            "QUInt8Storage", 1,
            "QUInt4x2Storage", 1,
            "QUInt2x4Storage", 1,
            "QInt32Storage", 4);

    private static final Map<String, String> CALLS = Map.ofEntries(
            Map.entry("_codecs.encode", "bytes"),
            Map.entry("torch.serialization._get_layout", "a layout"),
            Map.entry("torch._utils._rebuild_sparse_tensor", "a sparse tensor"),
            Map.entry("torch._utils._rebuild_qtensor", "a quantized tensor"),
            Map.entry("torch._utils._rebuild_meta_tensor_no_storage", "a tensor without values (device meta)"),
            Map.entry("torch._utils._rebuild_nested_tensor", "a nested tensor"),
            Map.entry("torch._utils._rebuild_wrapper_subclass", "a tensor of a class of its own"),
            Map.entry("torch._utils._rebuild_device_tensor_from_numpy", "a tensor of a device of its own"),
            // What training scripts keep of their options and results.
            Map.entry("argparse.Namespace", "a namespace"),
            Map.entry("pathlib.PosixPath", "a path"),
            Map.entry("pathlib.WindowsPath", "a path"),
            Map.entry("pathlib._local.PosixPath", "a path"),
            Map.entry("pathlib._local.WindowsPath", "a path"),
            Map.entry("numpy.dtype", "a type of NumPy"),
            Map.entry("numpy.ndarray", "an array of NumPy"));

    private static final List<String> NUMPY = List.of("numpy.core.multiarray.", "numpy._core.multiarray.");

    /** The module of built-in names; pickle protocol 2, which torch.save uses, writes it as Python 2 called it. */
    private static final List<String> BUILTINS = List.of("__builtin__.", "builtins.");

    private UnreadPickleGlobals() {}

    static Map<String, Object> all() {
        Map<String, Object> names = new HashMap<>();
        for (String dtype : DTYPES) {
            names.put("torch." + dtype, new Unread("torch." + dtype));
        }
        for (int bits = 1; bits < 8; bits++) {
            names.put("torch.int" + bits, new Unread("torch.int" + bits));
            names.put("torch.uint" + bits, new Unread("torch.uint" + bits));
        }
        for (String scheme : QUANTIZATION_SCHEMES) {
            names.put("torch." + scheme, new Unread("torch." + scheme));
        }
        STORAGES.forEach((name, size) -> names.put("torch." + name, new StorageClass(name, null, size)));
        CALLS.forEach((name, kind) -> call(names, name, kind));
        for (String numpy : NUMPY) {
            call(names, numpy + "scalar", "a number of NumPy");
            call(names, numpy + "_reconstruct", "an array of NumPy");
        }
        for (String builtins : BUILTINS) {
            call(names, builtins + "set", "a set");
            call(names, builtins + "frozenset", "a set");
            call(names, builtins + "bytes", "bytes");
            call(names, builtins + "bytearray", "bytes");
            call(names, builtins + "complex", "a complex number");
        }
        return names;
    }

    private static void call(Map<String, Object> names, String name, String kind) {
        names.put(name, (IObjectConstructor) arguments -> new Unread(kind));
    }
}
