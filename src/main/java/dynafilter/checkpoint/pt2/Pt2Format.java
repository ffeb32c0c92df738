package dynafilter.checkpoint.pt2;

import dynafilter.checkpoint.ExportFormat;
import dynafilter.checkpoint.ExportMetadata;
import dynafilter.checkpoint.ExportSettings;
import dynafilter.checkpoint.ExportVersions;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.io.JsonFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;

/** Programs of {@code torch.export} as a format of {@code export}: {@code torch.export.load(file).module()(images)} gives the scores. */
public final class Pt2Format implements ExportFormat {
    /** The value of "format" in the file's description, the extra file dynafilter.json. */
    static final String FORMAT = "dynafilter-pt2/1";

    @Override
    public String name() {
        return "pt2";
    }

    @Override
    public String door() {
        return "written, not read here: Python reads it by torch.export.load (tried with 2.13), AOTInductor compiles it";
    }

    @Override
    public Path defaultFile() {
        return Path.of("model.pt2");
    }

    @Override
    public void check(ExportSettings settings, Path file) {
        // Both forms of images and both kinds of filters can be written, and there is no second file.
    }

    @Override
    public Exported write(TrainedNetwork trained, ExportSettings settings, Path file, ExportVersions versions) {
        ExportMetadata metadata = ExportMetadata.of(FORMAT, trained, settings, versions);
        Map<String, String> extra = new LinkedHashMap<>();
        extra.put("dynafilter.json", JsonFile.text(metadata));
        extra.put("classes.txt", String.join("\n", trained.classes()) + "\n");
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            NetworkProgram.Program program = NetworkProgram.of(trained, settings);
            ProgramArchive.write(file, program.graph(), program.scores(), extra);
        }
        return new Exported(metadata, "takes any number of " + settings.input() + " images");
    }
}
