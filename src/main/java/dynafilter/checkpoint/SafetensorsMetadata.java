package dynafilter.checkpoint;

/** What this program writes into the {@code __metadata__} of safetensors, which holds texts by name. */
public final class SafetensorsMetadata {
    /** The entry with the {@link ExportMetadata} as JSON, which with the tensors is enough to rebuild the network. */
    public static final String ENTRY = "dynafilter";

    /** The value of "format" in that JSON. */
    public static final String FORMAT = "dynafilter-safetensors/1";

    private SafetensorsMetadata() {}
}
