package dynafilter.cli;

import dynafilter.checkpoint.ScriptInput;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.checkpoint.torchscript.TorchScriptExport;
import dynafilter.io.InputException;
import dynafilter.run.FolderLocks;
import dynafilter.run.Interruption;
import dynafilter.run.Logging;
import dynafilter.run.Version;
import dynafilter.runfolder.FolderLock;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** The command {@code export}: writes a trained network as one TorchScript file, which needs neither Java nor this program. */
final class ExportCommand implements Command {
    @Override
    public String name() {
        return "export";
    }

    @Override
    public String summary() {
        return "write a trained network as TorchScript, for Python, C++ and this program";
    }

    @Override
    public Options options() {
        return new Options()
                .addOption(ModelOption.model("a checkpoint, or a state dict"))
                .addOption(CommonOptions.valued("out", "FILE", "where to write [model.ts.pt beside --model]"))
                .addOption(CommonOptions.valued(
                        "input",
                        "KIND",
                        "what forward takes: normalized (float) or uint8 (pixels as in files) [normalized]"))
                .addOption(CommonOptions.flag("bake-filters", "store the filters as constants [on]"))
                .addOption(CommonOptions.flag("no-bake-filters", "generate the filters from the labels at every call"))
                .addOption(CommonOptions.json("write the archive's metadata as JSON"));
    }

    @Override
    public List<String> examples() {
        return List.of(
                "export --model checkpoints/RUN/best.pt",
                "export --model checkpoints/RUN/best.pt --input uint8 --out classifier.ts.pt",
                "eval --model checkpoints/RUN/model.ts.pt      # the same accuracy");
    }

    @Override
    public int run(CommandLine line, Interruption interruption) {
        CommonOptions.refuseArguments(line, name());
        Path model = ModelOption.file(line);
        if (line.hasOption("bake-filters") && line.hasOption("no-bake-filters")) {
            throw new InputException("--bake-filters and --no-bake-filters contradict each other; give one of them");
        }
        ScriptInput input = ScriptInput.of(line.getOptionValue("input", "normalized"));
        Path out = CommonOptions.output(line, "out", model.resolveSibling("model.ts.pt"));
        JsonOutput json = JsonOutput.of(line);
        NativeRuntime.load();
        try (FolderLock lock = FolderLocks.ofFiles(name(), out);
                TrainedNetwork trained = TrainedNetwork.read(model, ComputeDevice.CPU)) {
            Logging.log().info("model      {}: {}", model, trained.description());
            TorchScriptExport.Versions versions = new TorchScriptExport.Versions(
                    Version.ofProgram(), NativeRuntime.torchVersion(), System.getProperty("java.version"));
            TorchScriptExport.Metadata metadata =
                    new TorchScriptExport(trained, input, !line.hasOption("no-bake-filters")).write(out, versions);
            Logging.log()
                    .info(String.format(
                            Locale.ROOT, "written    %s: %,d bytes, takes %s images", out, size(out), input));
            json.write(metadata);
        }
        return ExitCode.DONE;
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException gone) {
            throw new InputException(file + " was written and is gone; run the same command again", gone);
        }
    }
}
