package dynafilter.checkpoint.onnx;

import dynafilter.checkpoint.ExportFormat;
import dynafilter.checkpoint.ExportSettings;
import dynafilter.checkpoint.ExportVersions;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.io.InputException;
import dynafilter.runtime.OnnxRuntime;
import java.nio.file.Path;

/** ONNX as a format of {@code export}: it takes every setting. */
public final class OnnxFormat implements ExportFormat {
    private static final int LOWEST_OPSET = ExportSettings.OPSET;
    private static final int HIGHEST_OPSET = 21; // ONNX Runtime 1.23 fuses no convolutions of 22 and 23

    @Override
    public String name() {
        return "onnx";
    }

    @Override
    public String door() {
        return OnnxRuntime.find()
                .map(found -> "written, and read by ONNX Runtime " + OnnxRuntime.VERSION + " (" + found.place() + ")")
                .orElse("written; no ONNX Runtime is here, which --model and --check need: " + OnnxRuntime.advice());
    }

    @Override
    public Path defaultFile() {
        return Path.of("model.onnx");
    }

    @Override
    public void check(ExportSettings settings, Path file) {
        if (settings.opset() < LOWEST_OPSET || settings.opset() > HIGHEST_OPSET) {
            throw new InputException("--opset " + settings.opset() + ": give one from " + LOWEST_OPSET + " to "
                    + HIGHEST_OPSET + "; ONNX Runtime is half as fast again with those than with later ones");
        }
    }

    @Override
    public Exported write(TrainedNetwork trained, ExportSettings settings, Path file, ExportVersions versions) {
        return new Exported(
                new OnnxExport(trained, settings).write(file, versions),
                "takes " + settings.input() + " images, opset " + settings.opset());
    }
}
