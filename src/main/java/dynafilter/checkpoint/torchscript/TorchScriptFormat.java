package dynafilter.checkpoint.torchscript;

import dynafilter.checkpoint.ExportFormat;
import dynafilter.checkpoint.ExportSettings;
import dynafilter.checkpoint.ExportVersions;
import dynafilter.checkpoint.TrainedNetwork;
import java.nio.file.Path;

/** TorchScript as a format of {@code export}: it takes every setting. */
public final class TorchScriptFormat implements ExportFormat {
    @Override
    public String name() {
        return "torchscript";
    }

    @Override
    public String door() {
        return "written and read; Python and C++ read it by torch.jit.load";
    }

    @Override
    public Path defaultFile() {
        return Path.of("model.ts.pt");
    }

    @Override
    public void check(ExportSettings settings, Path file) {
        // Both forms of images and both kinds of filters can be written, and there is no second file.
    }

    @Override
    public Exported write(TrainedNetwork trained, ExportSettings settings, Path file, ExportVersions versions) {
        return new Exported(
                new TorchScriptExport(trained, settings.input(), settings.bakedFilters()).write(file, versions),
                "takes " + settings.input() + " images");
    }
}
