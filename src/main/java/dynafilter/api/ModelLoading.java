package dynafilter.api;

import dynafilter.checkpoint.ExportSettings;
import dynafilter.checkpoint.ExportVersions;
import dynafilter.checkpoint.ScriptInput;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.checkpoint.onnx.OnnxFormat;
import dynafilter.io.InputException;
import dynafilter.model.Views;
import dynafilter.run.DeviceRequest;
import dynafilter.run.LoadedModel;
import dynafilter.run.Session;
import dynafilter.run.Version;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeRuntime;
import dynafilter.runtime.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Loads a network with the engine that is asked for. */
final class ModelLoading {
    private static final String ONNX = "model.onnx";

    private ModelLoading() {}

    static LoadedModel of(Path file, ClassifierOptions options) {
        boolean exports = options.engine() == Engine.ONNX_RUNTIME && !TrainedNetwork.isOnnx(file);
        Precision precision = Precision.of(options.precision());
        Views views = Views.of(options.views());
        DeviceRequest device = new DeviceRequest(exports ? "cpu" : options.device(), options.threads(), null);
        return exports
                ? exported(file, device, precision, views)
                : LoadedModel.open(file, device, precision, views, options.exact());
    }

    /** Exports the network to ONNX, into a folder that goes when the file is loaded. */
    private static LoadedModel exported(Path file, DeviceRequest device, Precision precision, Views views) {
        Session.open(device);
        try {
            Path folder = Files.createTempDirectory("dynafilter");
            Path onnx = folder.resolve(ONNX);
            try (TrainedNetwork trained = TrainedNetwork.read(file, ComputeDevice.CPU)) {
                new OnnxFormat()
                        .write(
                                trained,
                                new ExportSettings(ScriptInput.UINT8, true),
                                onnx,
                                new ExportVersions(
                                        Version.ofProgram(),
                                        NativeRuntime.torchVersion(),
                                        System.getProperty("java.version")));
                return LoadedModel.open(onnx, device, precision, views, true);
            } finally {
                Files.deleteIfExists(onnx);
                Files.delete(folder);
            }
        } catch (IOException unwritable) {
            throw new InputException(
                    "the network cannot be exported to " + System.getProperty("java.io.tmpdir") + " for ONNX Runtime: "
                            + unwritable.getMessage(),
                    unwritable);
        }
    }
}
