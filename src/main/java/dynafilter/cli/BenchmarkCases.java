package dynafilter.cli;

import dynafilter.benchmark.Benchmark;
import dynafilter.benchmark.MeasuredNetwork;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.io.InputException;
import dynafilter.model.FilterDesign;
import dynafilter.model.NetworkShape;
import dynafilter.run.Session;
import dynafilter.runfolder.Recipe;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.Precision;
import dynafilter.study.Variant;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.jspecify.annotations.Nullable;

/**
 * The networks that {@code benchmark} measures, each with its recipe.
 *
 * @param recipe of all, but for the filters and optimizers of variants
 * @param classes of networks with random weights
 * @param proofs true: all is measured in fp32, so that convolutions may use the instructions that are proved to be right
 * @param owner of the networks, which are closed with it
 */
record BenchmarkCases(Recipe recipe, int classes, boolean proofs, Session session, NativeOwner owner) {
    static final String VARIANTS = "variants";

    /** The options that decide the filters of a network with random weights. */
    static final List<String> FILTERS = List.of("filters", "filter-heads", "filter-size", "basis", "basis-image");

    /** The option for what a training step updates the weights with. */
    static final String OPTIMIZER = "optimizer";

    /** The variants that are to be measured in turn; none where a network is measured alone. */
    static List<Variant> variants(CommandLine line) {
        if (!line.hasOption(VARIANTS)) {
            return List.of();
        }
        for (String option : FILTERS) {
            if (line.hasOption(option)) {
                throw new InputException("--" + option + " with --variants: give all filters in --variants");
            }
        }
        List<Variant> variants = Variant.listOf(line.getOptionValue(VARIANTS));
        for (Variant variant : variants) {
            for (String setting : variant.changes().keySet()) {
                if (!FILTERS.contains(setting.replace('_', '-')) && !setting.equals(OPTIMIZER)) {
                    throw new InputException("--variants: '" + variant.name() + "' changes " + setting.replace('_', '-')
                            + ", and a benchmark's variants differ in " + OPTIMIZER + " and filters: "
                            + String.join(", ", FILTERS));
                }
            }
        }
        return variants;
    }

    /** The network in a file. */
    Benchmark.Case trained(Path model) {
        TrainedNetwork trained = TrainedNetwork.read(model, session.device());
        if (proofs) {
            session.allowInstructions(trained, Precision.FP32);
        }
        return new Benchmark.Case(null, owner.keep(MeasuredNetwork.of(trained)), recipe);
    }

    /** Networks with random weights: the variants, or where there are none the recipe's own. */
    List<Benchmark.Case> random(List<Variant> variants) {
        return variants.isEmpty()
                ? List.of(random(null, recipe))
                : variants.stream()
                        .map(variant -> random(variant.name(), variant.applyTo(recipe)))
                        .toList();
    }

    private Benchmark.Case random(@Nullable String name, Recipe own) {
        FilterDesign design = own.network().design();
        if (proofs) {
            session.allowInstructions(NetworkShape.ofResNet18Stem(design, classes), Precision.FP32);
        }
        MeasuredNetwork network =
                MeasuredNetwork.random(design, classes, own.computation().seed(), session.device());
        return new Benchmark.Case(name, owner.keep(network), own);
    }
}
