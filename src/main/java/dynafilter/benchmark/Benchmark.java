package dynafilter.benchmark;

import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.NetworkShape;
import dynafilter.runfolder.Recipe;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.DeviceMemory;
import dynafilter.runtime.DeviceTimer;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.OutOfMemory;
import dynafilter.runtime.Precision;
import dynafilter.runtime.Timing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The benchmark: measures steps of a network on a device, and compares them with the device's measured ceilings. */
public final class Benchmark {
    /** The steps before the timed ones: more than run before a step is captured as a graph. */
    private static final int WARM_UP = 8;

    private final ComputeDevice device;
    private final boolean graph;
    private final int repeats;
    private final Consumer<String> warning;
    private final Map<Precision, Ceiling> ceilings = new EnumMap<>(Precision.class);

    /**
     * A benchmark on a device.
     *
     * @param graph true: steps are captured as CUDA graphs; false: they are not
     * @param repeats the number of steps that are timed, after the warm-up
     * @param warning takes the reason why a step is not captured, where that fails
     */
    public Benchmark(ComputeDevice device, boolean graph, int repeats, Consumer<String> warning) {
        this.device = device;
        this.graph = graph;
        this.repeats = repeats;
        this.warning = warning;
    }

    /** The ceilings measured so far. */
    public Map<Precision, Ceiling> ceilings() {
        return ceilings;
    }

    /**
     * A network and how it is measured.
     *
     * @param variant its name among several; null: it is measured alone
     * @param recipe the batch size, precision, augmentation and optimizer; other settings have no influence
     */
    public record Case(@Nullable String variant, MeasuredNetwork network, Recipe recipe) {}

    /**
     * Measures cases of one precision step by step in turn, and before them the ceilings of a precision that is new.
     *
     * @param cases at least one
     */
    public List<Measurement> measure(Mode mode, List<Case> cases) {
        Precision precision = cases.get(0).recipe().computation().precision();
        Ceiling ceiling = ceilings.computeIfAbsent(precision, new Ceilings(device)::measure);
        precision.apply();
        DeviceMemory memory = new DeviceMemory(device);
        memory.reset();
        List<double[]> times = List.of();
        List<Boolean> captured = List.of();
        String failure = null;
        try (NativeOwner owner = new NativeOwner()) {
            List<Workload> workloads = new ArrayList<>();
            for (Case one : cases) {
                workloads.add(owner.keep(workload(mode, one)));
            }
            List<Runnable> steps =
                    workloads.stream().<Runnable>map(workload -> workload::step).toList();
            DeviceTimer timer = new DeviceTimer(device);
            steps.forEach(step -> timer.warmUp(WARM_UP, step));
            times = timer.milliseconds(repeats, steps);
            captured = workloads.stream().map(Workload::isCaptured).toList();
        } catch (RuntimeException | OutOfMemoryError problem) {
            Optional<String> full = OutOfMemory.in(problem);
            if (full.isEmpty()) {
                throw problem;
            }
            failure = "out of memory: " + full.get();
        }
        List<Measurement> measured = new ArrayList<>();
        for (int i = 0; i < cases.size(); i++) {
            Case one = cases.get(i);
            Optional<List<Operator>> operators =
                    one.network().counted().map(shape -> operators(mode, one.recipe(), shape));
            measured.add(new Measurement(
                    one.variant(),
                    mode,
                    precision,
                    one.recipe().optimization().batchSize(),
                    failure == null && captured.get(i),
                    failure == null ? Timing.of(times.get(i)) : new Timing(Double.NaN, Double.NaN, Double.NaN),
                    failure == null ? Timing.ratio(times.get(i), times.get(0)) : Double.NaN,
                    operators.map(StepCost::flops).orElse(Double.NaN),
                    ceiling,
                    operators.map(all -> StepCost.roofline(all, ceiling)).orElse(Double.NaN),
                    memory.peak(),
                    failure));
        }
        return measured;
    }

    private Workload workload(Mode mode, Case one) {
        MeasuredNetwork network = one.network();
        return mode == Mode.TRAIN
                ? Workload.training(one.recipe(), network.trainedShape(), network.state(), device, graph, warning)
                : Workload.inference(one.recipe(), network.classifier(), network.imageSize(), device, graph, warning);
    }

    private static List<Operator> operators(Mode mode, Recipe recipe, NetworkShape shape) {
        int elementSize = recipe.computation().precision().elementSize();
        if (mode == Mode.INFER) {
            return StepCost.inference(shape, recipe.optimization().batchSize(), elementSize);
        }
        long parameters = DynamicFilterNetwork.stateShapes(shape).entrySet().stream()
                .filter(entry -> shape.isParameter(entry.getKey()))
                .mapToLong(entry -> Arrays.stream(entry.getValue()).reduce(1, (a, b) -> a * b))
                .sum();
        return StepCost.training(shape, recipe.optimization().batchSize(), elementSize, parameters);
    }
}
