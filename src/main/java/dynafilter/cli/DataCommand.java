package dynafilter.cli;

import dynafilter.data.CifarCheck;
import dynafilter.data.CifarDownload;
import dynafilter.data.DataSet;
import dynafilter.data.DataSource;
import dynafilter.data.DataSummary;
import dynafilter.runtime.InputException;
import dynafilter.runtime.NativeRuntime;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** {@code data}: fetches CIFAR-10, checks it, tells what is in a data set. */
final class DataCommand implements Command {
    @Override
    public String name() {
        return "data";
    }

    @Override
    public String summary() {
        return "download or verify CIFAR-10, or say what is in a data set";
    }

    @Override
    public String arguments() {
        return "download|verify|info [options]";
    }

    @Override
    public Options options() {
        return new Options()
                .addOption(CommonOptions.valued("data", "DIR|sample", "the data set [" + DataSource.DEFAULT + "]"))
                .addOption(CommonOptions.valued("progress", "STYLE", "auto, bar, plain or none [auto]"))
                .addOption(CommonOptions.json("write what info or verify found as JSON"));
    }

    @Override
    public List<String> examples() {
        return List.of("data download", "data verify --data data/cifar-10-batches-bin", "data info --data sample");
    }

    @Override
    public int run(CommandLine line, Interruption interruption) {
        List<String> actions = line.getArgList();
        if (actions.size() != 1) {
            throw new InputException(
                    "data needs one of download, verify and info" + (actions.isEmpty() ? "" : ", not " + actions));
        }
        String data = line.getOptionValue("data", DataSource.DEFAULT);
        Path json = JsonOutput.file(line);
        return switch (actions.get(0)) {
            case "download" -> download(folder(line), Terminal.of(line.getOptionValue("progress", "auto")));
            case "verify" -> verify(folder(line), json);
            case "info" -> info(data, json);
            default ->
                throw new InputException("data has no action '" + actions.get(0) + "'"
                        + Suggestion.nearest(actions.get(0), List.of("download", "verify", "info"))
                        + "; use download, verify or info");
        };
    }

    private static Path folder(CommandLine line) {
        if (DataSource.SAMPLE.equals(line.getOptionValue("data"))) {
            throw new InputException("--data sample is generated: there is nothing to download or verify");
        }
        Path folder = CommonOptions.path(line, "data");
        return folder == null ? Path.of(DataSource.DEFAULT) : folder;
    }

    private static int download(Path folder, Terminal terminal) {
        boolean fetched = new CifarDownload().download(folder, terminal::bytes);
        terminal.clear();
        System.out.println(
                fetched
                        ? "CIFAR-10 is in " + folder + ", every file checked"
                        : "CIFAR-10 was in " + folder + " already, every file checked");
        return ExitCode.DONE;
    }

    private static int verify(Path folder, Path json) {
        List<CifarCheck> checks = new CifarDownload().verify(folder);
        checks.forEach(check -> System.out.printf(
                "%-18s %s%n",
                check.file(),
                check.state() == CifarCheck.State.MISSING
                        ? "missing"
                        : check.state().name().toLowerCase(Locale.ROOT).replace('_', ' ') + ": " + check.detail()));
        JsonOutput.write(json, Map.of("folder", folder.toString(), "files", checks));
        boolean official = checks.stream().allMatch(check -> check.state() == CifarCheck.State.OFFICIAL);
        System.out.println(
                official
                        ? "the official CIFAR-10"
                        : "not the official CIFAR-10; `dynafilter data download` fetches it");
        return official ? ExitCode.DONE : ExitCode.FAILED;
    }

    private static int info(String data, Path json) {
        NativeRuntime.load();
        try (DataSet set = DataSource.open(data)) {
            DataSummary summary = DataSummary.of(set);
            System.out.printf("%s, sha256 %s%n", summary.name(), summary.sha256());
            print("training", summary.train(), summary.classes());
            print("test", summary.test(), summary.classes());
            JsonOutput.write(json, Map.of("data", summary));
        }
        return ExitCode.DONE;
    }

    private static void print(String split, DataSummary.Split images, List<String> classes) {
        System.out.printf(
                Locale.ROOT,
                "%n%s: %,d images, mean %s, standard deviation %s%n",
                split,
                images.images(),
                numbers(images.mean()),
                numbers(images.std()));
        for (int label = 0; label < classes.size(); label++) {
            System.out.printf(
                    Locale.ROOT,
                    "  %-12s %,7d%n",
                    classes.get(label),
                    images.perClass().get(label));
        }
    }

    private static String numbers(List<Double> values) {
        return values.stream()
                .map(value -> String.format(Locale.ROOT, "%.4f", value))
                .collect(Collectors.joining(" "));
    }
}
