package dynafilter.benchmark;

import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.NetworkShape;
import dynafilter.runfolder.Recipe;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.DeviceMemory;
import dynafilter.runtime.DeviceTimer;
import dynafilter.runtime.OutOfMemory;
import dynafilter.runtime.Precision;
import dynafilter.runtime.Timing;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

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
     * Measures one case, and before it the ceilings of a precision that is new.
     *
     * @param recipe the batch size, precision, augmentation and optimizer; other settings have no influence
     */
    public Measurement measure(Mode mode, MeasuredNetwork network, Recipe recipe) {
        Ceiling ceiling = ceilings.computeIfAbsent(recipe.computation().precision(), new Ceilings(device)::measure);
        recipe.computation().precision().apply();
        Optional<List<Operator>> operators = network.counted().map(shape -> operators(mode, recipe, shape));
        DeviceMemory memory = new DeviceMemory(device);
        memory.reset();
        Timing timing = new Timing(Double.NaN, Double.NaN, Double.NaN);
        boolean captured = false;
        String failure = null;
        try (Workload workload = mode == Mode.TRAIN
                ? Workload.training(recipe, network.trainedShape(), network.state(), device, graph, warning)
                : Workload.inference(recipe, network.classifier(), network.imageSize(), device, graph, warning)) {
            DeviceTimer timer = new DeviceTimer(device);
            timer.warmUp(WARM_UP, workload::step);
            timing = Timing.of(timer.milliseconds(repeats, workload::step));
            captured = workload.isCaptured();
        } catch (RuntimeException | OutOfMemoryError problem) {
            Optional<String> full = OutOfMemory.in(problem);
            if (full.isEmpty()) {
                throw problem;
            }
            failure = "out of memory: " + full.get();
        }
        return new Measurement(
                mode,
                recipe.computation().precision(),
                recipe.optimization().batchSize(),
                captured,
                timing,
                operators.map(StepCost::flops).orElse(Double.NaN),
                ceiling,
                operators.map(all -> StepCost.roofline(all, ceiling)).orElse(Double.NaN),
                memory.peak(),
                failure);
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
