package dynafilter.cli;

import dynafilter.data.DataSet;
import dynafilter.data.DataSummary;
import dynafilter.data.ImageSize;
import dynafilter.data.cifar.CifarCheck;
import dynafilter.data.cifar.CifarDownload;
import dynafilter.data.source.DataSource;
import dynafilter.data.source.FolderCheck;
import dynafilter.io.InputException;
import dynafilter.io.SystemLocale;
import dynafilter.run.Interruption;
import dynafilter.run.Terminal;
import dynafilter.runtime.NativeRuntime;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;
import org.jspecify.annotations.Nullable;

/** The command {@code data}: downloads CIFAR-10, checks or audits a data set, tells its content, or shows augmented images. */
final class DataCommand implements Command {
    static final String AUDIT = "audit";
    private static final String AUGMENTED = "augmented";

    /**
     * The document of {@code download --json}.
     *
     * @param fetched true: the command fetched the data; false: it was there
     */
    private record Fetched(Path folder, boolean fetched) {}

    /** The document of {@code verify --json} for CIFAR-10. */
    private record CheckedFiles(Path folder, List<CifarCheck> files) {}

    /** The document of {@code verify --json} for folders of pictures. */
    private record CheckedImages(Path folder, List<String> findings, boolean good) {}

    /** The document of {@code info --json}. */
    private record Info(DataSummary data) {}

    private static final List<String> ACTIONS = List.of("download", "verify", "info", AUDIT, AUGMENTED);

    @Override
    public String name() {
        return "data";
    }

    @Override
    public String summary() {
        return "download CIFAR-10, check or audit a data set, tell what is in it, or show it augmented";
    }

    @Override
    public String arguments() {
        return "download|verify|info|audit|augmented [DIR] [options]";
    }

    @Override
    public Options options() {
        Options options = new Options()
                .addOption(DataOption.data(DataSource.DEFAULT))
                .addOption(CommonOptions.valued(
                        DataOption.IMAGE_SIZE,
                        "S",
                        "info, audit, augmented: height and width to bring the images to [" + ImageSize.CIFAR + "]"))
                .addOption(DataOption.skipBad())
                .addOption(DataOption.noExif())
                .addOption(CommonOptions.valued("progress", "STYLE", "auto, bar, plain or none [auto]"))
                .addOption(CommonOptions.json("write what was found or fetched as JSON"));
        DataAudit.addOptions(options);
        AugmentedSheet.addTo(options);
        return CommonOptions.addCompute(options);
    }

    @Override
    public List<String> examples() {
        return List.of(
                "data download",
                "data verify --data data/cifar-10-batches-bin",
                "data info --data sample",
                "data info pictures --image-size 64",
                "data audit pictures --out audit.html",
                "data augmented pictures --image-size 64 --scale 0.3 --color-jitter 0.4 --out sheet.png");
    }

    @Override
    public int run(CommandLine line, Interruption interruption) {
        List<String> actions = line.getArgList();
        if (actions.isEmpty() || actions.size() > 2) {
            throw new InputException("data needs one of download, verify, info, audit and augmented"
                    + (actions.isEmpty() ? "" : ", not " + actions));
        }
        String data = data(line, actions);
        if (!actions.get(0).equals(AUGMENTED)) {
            AugmentedSheet.refuseOptions(line, actions.get(0));
        }
        JsonOutput json = JsonOutput.of(line);
        Terminal terminal = Terminal.of(Terminal.Style.of(line.getOptionValue("progress", "auto")));
        return switch (actions.get(0)) {
            case "download" -> download(folder(data), terminal, json);
            case "verify" -> verify(folder(data), line, terminal, json);
            case "info" -> info(data, line, terminal, json);
            case AUDIT -> DataAudit.run(line, data, terminal, json);
            case AUGMENTED -> AugmentedSheet.write(data, line, terminal, json);
            default ->
                throw new InputException("data has no action '" + actions.get(0) + "'"
                        + Suggestion.nearest(actions.get(0), ACTIONS)
                        + "; use download, verify, info, audit or augmented");
        };
    }

    private static String data(CommandLine line, List<String> words) {
        if (words.size() == 2 && line.hasOption("data")) {
            throw new InputException(
                    "the data set is given twice, as " + words.get(1) + " and with --data; give it once");
        }
        return words.size() == 2 ? words.get(1) : line.getOptionValue("data", DataSource.DEFAULT);
    }

    private static Path folder(String data) {
        if (DataSource.SAMPLE.equals(data)) {
            throw new InputException("--data sample is generated: there is nothing to download or verify");
        }
        return SystemLocale.path("--data", data, "name a folder");
    }

    private static int download(Path folder, Terminal terminal, JsonOutput json) {
        boolean fetched = new CifarDownload().download(folder, terminal::bytes);
        terminal.clear();
        System.out.println(
                fetched
                        ? "CIFAR-10 is in " + folder + ", every file checked"
                        : "CIFAR-10 was in " + folder + " already, every file checked");
        json.write(new Fetched(folder, fetched));
        return ExitCode.DONE;
    }

    private static int verify(Path folder, CommandLine line, Terminal terminal, JsonOutput json) {
        if (FolderCheck.isFor(folder)) {
            return verifyImages(folder, line, terminal, json);
        }
        List<CifarCheck> checks = new CifarDownload().verify(folder);
        checks.forEach(check -> System.out.printf(
                "%-18s %s%n",
                check.file(),
                check.state() == CifarCheck.State.MISSING
                        ? "missing"
                        : check.state().name().toLowerCase(Locale.ROOT).replace('_', ' ') + ": " + check.detail()));
        json.write(new CheckedFiles(folder, checks));
        boolean official = checks.stream().allMatch(check -> check.state() == CifarCheck.State.OFFICIAL);
        System.out.println(
                official
                        ? "the official CIFAR-10"
                        : "not the official CIFAR-10; `dynafilter data download` fetches it");
        return official ? ExitCode.DONE : ExitCode.FAILED;
    }

    private static int verifyImages(Path folder, CommandLine line, Terminal terminal, JsonOutput json) {
        NativeRuntime.load();
        FolderCheck check = FolderCheck.of(
                folder, DataOption.of(line, ImageSize.CIFAR, terminal).listener());
        check.findings().forEach(System.out::println);
        json.write(new CheckedImages(folder, check.findings(), check.good()));
        return check.good() ? ExitCode.DONE : ExitCode.FAILED;
    }

    private static int info(String data, CommandLine line, Terminal terminal, JsonOutput json) {
        int size = DataOption.imageSize(line);
        NativeRuntime.load();
        try (DataSet set = DataSource.open(data, DataOption.of(line, size, terminal))) {
            terminal.clear();
            DataSummary summary = DataSummary.of(set);
            System.out.printf("%s, sha256 %s%n", summary.name(), summary.sha256());
            print(set.isSplit() ? "training" : "all", summary.train(), summary.classes());
            print("validation", summary.validation(), summary.classes());
            print("test", summary.test(), summary.classes());
            json.write(new Info(summary));
        }
        return ExitCode.DONE;
    }

    private static void print(String split, DataSummary.@Nullable Split images, List<String> classes) {
        if (images == null) {
            return;
        }
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
