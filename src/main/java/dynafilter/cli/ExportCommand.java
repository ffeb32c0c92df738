package dynafilter.cli;

import dynafilter.checkpoint.ExportFormat;
import dynafilter.checkpoint.ExportSettings;
import dynafilter.checkpoint.ExportVersions;
import dynafilter.checkpoint.ScriptInput;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.checkpoint.onnx.OnnxFormat;
import dynafilter.checkpoint.pt2.Pt2Format;
import dynafilter.checkpoint.web.OnnxWeb;
import dynafilter.io.AtomicFile;
import dynafilter.io.InputException;
import dynafilter.run.DeviceRequest;
import dynafilter.run.ExportFormats;
import dynafilter.run.FolderLocks;
import dynafilter.run.Interruption;
import dynafilter.run.Logging;
import dynafilter.run.Session;
import dynafilter.run.Version;
import dynafilter.runfolder.FolderLock;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeRuntime;
import dynafilter.runtime.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** The command {@code export}: writes a trained network for other programs, which need neither Java nor this one. */
final class ExportCommand implements Command {
    private static final String OPSET = "opset";

    @Override
    public String name() {
        return "export";
    }

    @Override
    public String summary() {
        return "write a trained network for other programs: TorchScript, safetensors, ONNX, torch.export, or a page";
    }

    @Override
    public Options options() {
        return new Options()
                .addOption(ModelOption.model("a checkpoint, safetensors or a state dict"))
                .addOption(
                        CommonOptions.valued(
                                "format",
                                "NAME",
                                "torchscript, safetensors (with config.json, as on the hub), onnx or pt2 (torch.export) [torchscript]"))
                .addOption(
                        CommonOptions.valued(
                                "out",
                                "FILE",
                                "where to write [beside --model: model.ts.pt, safetensors/model.safetensors, model.onnx or model.pt2]"))
                .addOption(CommonOptions.valued(
                        "input",
                        "KIND",
                        "what forward takes: normalized (float) or uint8 (pixels as in files) [normalized]"))
                .addOption(CommonOptions.valued(
                        OPSET, "N", "the version of ONNX's operators, 17 to 21 [" + ExportSettings.OPSET + "]"))
                .addOption(CommonOptions.flag("bake-filters", "store the filters as constants [on]"))
                .addOption(CommonOptions.flag("no-bake-filters", "generate the filters from the labels at every call"))
                .addOption(ExportChecking.option())
                .addOption(WebExport.option())
                .addOption(CommonOptions.json("write the description of the network in the file as JSON"));
    }

    @Override
    public List<String> examples() {
        return List.of(
                "export --model checkpoints/RUN/best.pt",
                "export --model checkpoints/RUN/best.pt --input uint8 --out classifier.ts.pt",
                "export --model checkpoints/RUN/best.pt --format onnx --check data/cifar-10-batches-bin",
                "export --model checkpoints/RUN/best.pt --web classifier.html      # open it in a browser",
                "eval --model checkpoints/RUN/model.ts.pt      # the same accuracy",
                "export --model checkpoints/RUN/best.pt --format pt2",
                "export --model checkpoints/RUN/best.pt --format safetensors --out hub/model.safetensors");
    }

    @Override
    public int run(CommandLine line, Interruption interruption) {
        CommonOptions.refuseArguments(line, name());
        Path model = ModelOption.file(line);
        if (line.hasOption("bake-filters") && line.hasOption("no-bake-filters")) {
            throw new InputException("--bake-filters and --no-bake-filters contradict each other; give one of them");
        }
        if (WebExport.isAsked(line)) {
            return page(line, model);
        }
        ExportFormat format = ExportFormats.of(line.getOptionValue("format", "torchscript"));
        if (line.hasOption(OPSET) && !(format instanceof OnnxFormat)) {
            throw new InputException(
                    "--opset is the version of ONNX's operators: give --format onnx, too, or leave it out");
        }
        if (ExportChecking.isAsked(line) && format instanceof Pt2Format) {
            throw new InputException(
                    "--check: pt2 files are run by Python alone, and this program cannot check them; leave it out");
        }
        ExportSettings settings = new ExportSettings(
                ScriptInput.of(line.getOptionValue("input", "normalized")),
                !line.hasOption("no-bake-filters"),
                CommonOptions.integer(line, OPSET, 1, 1000, ExportSettings.OPSET));
        Path given = CommonOptions.output(line, "out");
        Path out = given != null ? given : otherwise(model.resolveSibling(format.defaultFile()));
        format.check(settings, out);
        JsonOutput json = JsonOutput.of(line);
        boolean comparesRuntimes = ExportChecking.isAsked(line) && format instanceof OnnxFormat;
        if (comparesRuntimes) {
            ExportChecking.fetchOnnxRuntime();
        }
        Session session = Session.open(new DeviceRequest("cpu", 0, null));
        try (FolderLock lock = FolderLocks.ofFiles(name(), out);
                TrainedNetwork trained = TrainedNetwork.read(model, session.device())) {
            if (comparesRuntimes) { // libtorch runs no other network, so that both are timed with all instructions
                session.allowInstructions(trained, Precision.FP32);
            }
            Logging.log().info("model      {}: {}", model, trained.description());
            makeFolder(out);
            ExportFormat.Exported exported = format.write(trained, settings, out, versions());
            Logging.log()
                    .info(String.format(
                            Locale.ROOT, "written    %s: %,d bytes, %s", out, size(out), exported.summary()));
            json.write(exported.document());
            return !ExportChecking.isAsked(line) || ExportChecking.agrees(line, trained, out)
                    ? ExitCode.DONE
                    : ExitCode.FAILED;
        }
    }

    private int page(CommandLine line, Path model) {
        WebExport page = WebExport.of(line);
        OnnxWeb runtime = WebExport.runtime();
        NativeRuntime.load();
        try (FolderLock lock = FolderLocks.ofFiles(name(), page.place());
                TrainedNetwork trained = TrainedNetwork.read(model, ComputeDevice.CPU)) {
            Logging.log().info("model      {}: {}", model, trained.description());
            page.write(line, model, trained, runtime, versions());
        }
        return ExitCode.DONE;
    }

    private static ExportVersions versions() {
        return new ExportVersions(
                Version.ofProgram(), NativeRuntime.torchVersion(), System.getProperty("java.version"));
    }

    /** The file that is written where none is named, once it is known that it, or a new folder for it, can be. */
    private static Path otherwise(Path file) {
        Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent(), "a file's folder");
        if (Files.exists(folder)) {
            CommonOptions.writable(file.toString(), file);
        } else {
            CommonOptions.writable(folder.toString(), folder);
        }
        return file;
    }

    /** Makes the folder of a file: {@link #otherwise} has found that it can be, where it is not there. */
    private static void makeFolder(Path file) {
        Path folder = Objects.requireNonNull(file.toAbsolutePath().getParent(), "a file's folder");
        try {
            Files.createDirectories(folder);
        } catch (IOException failure) {
            throw AtomicFile.cannotWrite(file, failure, "");
        }
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException gone) {
            throw new InputException(file + " was written and is gone; run the same command again", gone);
        }
    }
}
