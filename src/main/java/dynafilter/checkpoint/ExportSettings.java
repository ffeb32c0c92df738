package dynafilter.checkpoint;

/**
 * The choices that a format of {@link ExportFormat} may leave to the user.
 *
 * @param input the form of the images that the written network takes
 * @param bakedFilters true: the file has the filters as they are now; false: it generates them at every call
 */
public record ExportSettings(ScriptInput input, boolean bakedFilters) {
    /** The settings where the user asks for nothing. */
    public static final ExportSettings DEFAULT = new ExportSettings(ScriptInput.NORMALIZED, true);
}
