package dynafilter.cli;

import dynafilter.benchmark.Benchmark;
import dynafilter.benchmark.Ceiling;
import dynafilter.benchmark.MeasuredNetwork;
import dynafilter.benchmark.Measurement;
import dynafilter.benchmark.Mode;
import dynafilter.io.InputException;
import dynafilter.run.Interruption;
import dynafilter.run.Logging;
import dynafilter.run.Session;
import dynafilter.run.Terminal;
import dynafilter.runfolder.Environment;
import dynafilter.runfolder.OptimizerKind;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.Recipes;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.DeviceFacts;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.Precision;
import dynafilter.study.Variant;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** {@code benchmark}: training and inference throughput on a device, against what the device can do at best. */
final class BenchmarkCommand implements Command {
    private static final List<String> RANDOM_NETWORK = Stream.concat(
                    BenchmarkCases.FILTERS.stream(), Stream.of(BenchmarkCases.VARIANTS, "classes"))
            .toList();

    /**
     * The document of {@code --json}.
     *
     * @param ceilings those that are measured so far
     * @param results those that are measured so far
     */
    private record Report(
            DeviceFacts device,
            Environment environment,
            boolean deterministic,
            int repeats,
            String network,
            OptimizerKind optimizer,
            Map<Precision, Ceiling> ceilings,
            List<Measurement.Row> results) {}

    @Override
    public String name() {
        return "benchmark";
    }

    @Override
    public String summary() {
        return "training and inference throughput on a device, against its measured peaks";
    }

    @Override
    public Options options() {
        Options options = new Options()
                .addOption(ModelOption.model(ModelOption.ANY_KIND + "; without: random weights on ResNet-18's stem"))
                .addOption(CommonOptions.valued("mode", "LIST", "train, infer [train,infer]; TorchScript only infers"))
                .addOption(CommonOptions.valued("batch-size", "LIST", "[64,256,1024,4096; on the CPU 64,256]"))
                .addOption(CommonOptions.valued("precision", "LIST", "[fp32,tf32,bf16; on the CPU fp32,bf16]"))
                .addOption(CommonOptions.valued(
                        "filters", "KIND", "dynamic, static, single, conditional, basis or local [dynamic]"))
                .addOption(CommonOptions.valued("filter-heads", "H", "filters of a label [1]"))
                .addOption(CommonOptions.valued("filter-size", "1|3", "height and width of a filter [1]"))
                .addOption(CommonOptions.valued("basis", "M", "filters that --filters basis mixes [8]"))
                .addOption(CommonOptions.valued(
                        "basis-image", "on|off", "whether the image has a part in the mixture [on]"))
                .addOption(CommonOptions.valued(
                        BenchmarkCases.VARIANTS,
                        "LIST",
                        "filters and optimizers as in compare, measured step by step in turn, against the first"))
                .addOption(CommonOptions.valued(
                        BenchmarkCases.OPTIMIZER,
                        "NAME",
                        "what training steps update with: sgd, as others measure, muon, as train does, or adamw [sgd]"))
                .addOption(CommonOptions.valued("classes", "K", "labels of the network [10]"))
                .addOption(CommonOptions.valued("repeats", "N", "timed steps of each case, after a warm-up [30]"))
                .addOption(CommonOptions.cudaGraphOption())
                .addOption(CommonOptions.flag("deterministic", "deterministic algorithms only"))
                .addOption(CommonOptions.valued("seed", "N", "of weights and images [0]"))
                .addOption(CommonOptions.json("write the result as JSON"));
        return CommonOptions.addCompute(options);
    }

    @Override
    public List<String> examples() {
        return List.of(
                "benchmark",
                "benchmark --device cuda --precision bf16 --batch-size 1024 --json benchmark.json",
                "benchmark --model model.ts.pt --mode infer",
                "benchmark --device cuda --cuda-graph off      # what graphs are worth",
                "benchmark --variants dynamic,conditional,basis:basis=16 --mode train --precision fp32",
                "benchmark --variants dynamic,dynamic:optimizer=muon --mode train",
                "benchmark --device cpu --mode train --batch-size 512 --precision fp32,bf16");
    }

    @Override
    public int run(CommandLine line, Interruption interruption) {
        CommonOptions.refuseArguments(line, name());
        List<Mode> modes = list(line, "mode", "train,infer", Mode::of);
        List<Integer> sizes = list(line, "batch-size", "64,256,1024,4096", BenchmarkCommand::batchSize);
        List<Precision> precisions = list(line, "precision", "fp32,tf32,bf16", Precision::of);
        Path model = line.hasOption("model") ? ModelOption.file(line) : null;
        for (String option : RANDOM_NETWORK) {
            if (model != null && line.hasOption(option)) {
                throw new InputException(
                        "--" + option + " is for random weights: " + model + " has filters of its own; leave it out");
            }
        }
        List<Variant> variants = BenchmarkCases.variants(line);
        int classes = CommonOptions.integer(line, "classes", 1, 1_000_000, 10);
        int repeats = CommonOptions.integer(line, "repeats", 1, 1_000_000, 30);
        JsonOutput json = JsonOutput.of(line);
        Recipe recipe = recipe(line);
        Session session = Session.open(CommonOptions.device(line), null);
        ComputeDevice device = session.device();
        if (!device.isCuda()) {
            precisions = withoutTf32(line, precisions);
            sizes = line.hasOption("batch-size") ? sizes : sizes.subList(0, 2);
        }
        boolean graph = CommonOptions.cudaGraph(line).captures(device);
        boolean deterministic = recipe.computation().deterministic();
        device.useDeterministicAlgorithms(deterministic);
        Terminal terminal = Terminal.auto();
        Benchmark benchmark = new Benchmark(device, graph, repeats, message -> {
            terminal.clear();
            Logging.log().warn(message);
        });
        Report report;
        try (NativeOwner owner = new NativeOwner()) {
            boolean proofs =
                    precisions.equals(List.of(Precision.FP32)); // a process has one limit, and proofs are in fp32
            BenchmarkCases made = new BenchmarkCases(recipe, classes, proofs, session, owner);
            List<Benchmark.Case> cases = model == null ? made.random(variants) : List.of(made.trained(model));
            String networks = cases.stream()
                    .map(one -> one.network().description())
                    .distinct()
                    .collect(Collectors.joining("; "));
            BenchmarkTable.printHeader(session, graph, deterministic, repeats, networks);
            report = new Report(
                    session.deviceFacts(),
                    session.environment(),
                    deterministic,
                    repeats,
                    networks,
                    recipe.optimization().optimizer(),
                    benchmark.ceilings(),
                    new ArrayList<>());
            modes = modes(line, modes, cases.get(0).network());
            measure(benchmark, cases, modes, settings(precisions, sizes), terminal, report, json);
        } finally {
            terminal.clear();
        }
        BenchmarkTable.printCeilings(benchmark.ceilings());
        json.write(report);
        return ExitCode.DONE;
    }

    private static Recipe recipe(CommandLine line) {
        Map<String, Object> values = new HashMap<>();
        values.put("seed", line.getOptionValue("seed", "0"));
        values.put("deterministic", line.hasOption("deterministic"));
        values.put(
                BenchmarkCases.OPTIMIZER, line.getOptionValue(BenchmarkCases.OPTIMIZER, OptimizerKind.SGD.toString()));
        values.put("label_smoothing", 0);
        for (String option : BenchmarkCases.FILTERS) {
            if (line.hasOption(option)) {
                values.put(option.replace('-', '_'), line.getOptionValue(option));
            }
        }
        return Recipes.with(Recipe.DEFAULT, values, true);
    }

    private static List<Precision> withoutTf32(CommandLine line, List<Precision> precisions) {
        if (line.hasOption("precision") && precisions.contains(Precision.TF32)) {
            throw new InputException("--precision tf32: only CUDA devices have it; use fp32 or bf16");
        }
        return precisions.stream()
                .filter(precision -> precision != Precision.TF32)
                .toList();
    }

    /** Measures all cases; prints each row and rewrites the file at once, since a later case may fail, or the time run out. */
    private static void measure(
            Benchmark benchmark,
            List<Benchmark.Case> cases,
            List<Mode> modes,
            List<Map<String, Object>> settings,
            Terminal terminal,
            Report report,
            JsonOutput json) {
        boolean alone = cases.get(0).variant() == null;
        System.out.println(alone ? BenchmarkTable.head() : BenchmarkTable.headOfVariants());
        int rows = modes.size() * settings.size() * cases.size();
        for (Mode mode : modes) {
            for (Map<String, Object> setting : settings) {
                terminal.show(
                        (double) report.results.size() / rows,
                        mode + " " + setting.get("precision") + " batch " + setting.get("batch_size"));
                List<Benchmark.Case> set = cases.stream()
                        .map(one -> new Benchmark.Case(
                                one.variant(), one.network(), Recipes.with(one.recipe(), setting, true)))
                        .toList();
                List<Measurement> measured = benchmark.measure(mode, set);
                terminal.clear();
                for (Measurement row : measured) {
                    System.out.println(alone ? BenchmarkTable.row(row) : BenchmarkTable.rowOfVariant(row));
                    report.results.add(row.row());
                }
                json.rewrite(report);
            }
        }
    }

    private static List<Mode> modes(CommandLine line, List<Mode> modes, MeasuredNetwork network) {
        if (network.trains()) {
            return modes;
        }
        if (line.hasOption("mode") && modes.contains(Mode.TRAIN)) {
            throw new InputException("--mode train: " + network.description()
                    + ", which cannot be trained here; give its checkpoint, or --mode infer");
        }
        return List.of(Mode.INFER);
    }

    private static List<Map<String, Object>> settings(List<Precision> precisions, List<Integer> sizes) {
        return precisions.stream()
                .flatMap(precision -> sizes.stream()
                        .map(size -> Map.<String, Object>of("batch_size", size, "precision", precision.toString())))
                .toList();
    }

    private static <T> List<T> list(CommandLine line, String option, String otherwise, Function<String, T> element) {
        return Arrays.stream(line.getOptionValue(option, otherwise).split(",", -1))
                .map(String::strip)
                .map(element)
                .distinct()
                .toList();
    }

    private static int batchSize(String text) {
        if (!text.matches("[1-9]\\d{0,5}")) {
            throw new InputException("--batch-size " + text + ": give sizes from 1 to 999999, as in 64,256");
        }
        return Integer.parseInt(text);
    }
}
