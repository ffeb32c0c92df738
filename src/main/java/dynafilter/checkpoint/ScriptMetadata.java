package dynafilter.checkpoint;

/** The extra file of an exported TorchScript archive that describes the network, as JSON. */
public final class ScriptMetadata {
    /** The extra file's name. */
    public static final String FILE = "dynafilter.json";

    /** The value of the entry "format". */
    public static final String FORMAT = "dynafilter-torchscript/1";

    private ScriptMetadata() {}
}
