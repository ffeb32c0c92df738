package dynafilter.checkpoint.onnx;

/** Something in a TorchScript graph that has no translation into ONNX; the message names it, as in "aten::layer_norm". */
final class Untranslatable extends RuntimeException {
    Untranslatable(String what) {
        super(what);
    }
}
