package dynafilter.run;

import dynafilter.checkpoint.ExportFormat;
import dynafilter.checkpoint.onnx.OnnxFormat;
import dynafilter.checkpoint.pt2.Pt2Format;
import dynafilter.checkpoint.safetensors.SafetensorsFormat;
import dynafilter.checkpoint.torchscript.TorchScriptFormat;
import dynafilter.io.InputException;
import java.util.List;
import java.util.stream.Collectors;

/** The formats in which {@code export} writes networks. */
public final class ExportFormats {
    private static final List<ExportFormat> ALL =
            List.of(new TorchScriptFormat(), new SafetensorsFormat(), new OnnxFormat(), new Pt2Format());

    private ExportFormats() {}

    /** All formats, the default first. */
    public static List<ExportFormat> all() {
        return ALL;
    }

    /**
     * The format of a name.
     *
     * @throws InputException for a name that is none of them
     */
    public static ExportFormat of(String name) {
        return ALL.stream()
                .filter(format -> format.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new InputException("--format " + name + ": use one of "
                        + ALL.stream().map(ExportFormat::name).collect(Collectors.joining(", "))));
    }
}
