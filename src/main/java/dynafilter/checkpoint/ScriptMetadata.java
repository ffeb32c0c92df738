package dynafilter.checkpoint;

/**
 * The description of an exported network, as JSON: an extra file of a TorchScript archive, an entry of the metadata of an ONNX
 * file.
 */
public final class ScriptMetadata {
    /** The extra file's or the entry's name. */
    public static final String FILE = "dynafilter.json";

    /** The value of "format" in a TorchScript archive. */
    public static final String FORMAT = "dynafilter-torchscript/1";

    /** The value of "format" in an ONNX file. */
    public static final String ONNX_FORMAT = "dynafilter-onnx/1";

    private ScriptMetadata() {}
}
