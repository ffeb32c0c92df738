package dynafilter.checkpoint;

/**
 * The choices that a format of {@link ExportFormat} may leave to the user.
 *
 * @param input the form of the images that the written network takes
 * @param bakedFilters true: the file has the filters as they are now; false: it generates them at every call
 * @param opset the version of ONNX's operators
 */
public record ExportSettings(ScriptInput input, boolean bakedFilters, int opset) {
    /** The version of ONNX's operators where the user asks for none: all that is needed, and read since 2022. */
    public static final int OPSET = 17;

    /** The settings where the user asks for nothing. */
    public static final ExportSettings DEFAULT = new ExportSettings(ScriptInput.NORMALIZED, true);

    /** The settings of a file that has nothing to do with ONNX. */
    public ExportSettings(ScriptInput input, boolean bakedFilters) {
        this(input, bakedFilters, OPSET);
    }
}
