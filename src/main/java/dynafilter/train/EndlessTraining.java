package dynafilter.train;

import dynafilter.data.device.DeviceImages;
import dynafilter.data.device.EpochBatches;
import dynafilter.distributed.WorkerGroup;
import dynafilter.model.NetworkShape;
import dynafilter.runfolder.Recipe;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import java.util.Map;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * Training without end, evaluation or files, for a benchmark: the steps of {@link Trainer}, epoch after epoch. The learning rate
 * is the recipe's highest at every step.
 */
public final class EndlessTraining implements AutoCloseable {
    private final NativeOwner owner;
    private final Recipe recipe;
    private final DeviceImages images;
    private final TrainingState state;
    private final TrainingStep trainingStep;
    private final long stepsPerEpoch;
    private @Nullable EpochBatches epoch; // null before the first step

    /**
     * @param initial every tensor of the network by name; copied
     * @param images at least one batch of images; the caller closes them, after this
     * @param graph true: a step is captured as a CUDA graph; false: it runs operator by operator
     * @param warning told why a step is not captured, where that fails
     */
    public EndlessTraining(
            Recipe recipe,
            NetworkShape shape,
            Map<String, Tensor> initial,
            DeviceImages images,
            ComputeDevice device,
            boolean graph,
            Consumer<String> warning) {
        this.recipe = recipe;
        this.images = images;
        WorkerGroup alone = WorkerGroup.single();
        try (NativeOwner building = new NativeOwner()) {
            state = building.keep(new TrainingState(recipe, shape, initial, device, alone));
            trainingStep = building.keep(new TrainingStep(
                    state,
                    recipe,
                    images.labels(),
                    recipe.optimization().batchSize(),
                    recipe.optimization().accumulate(),
                    alone,
                    device,
                    graph,
                    warning));
            stepsPerEpoch = images.size() / trainingStep.images();
            owner = building.handOver();
        }
    }

    /** Trains on the next batch. Does not wait for the device. */
    public void step() {
        EpochBatches batches = epoch;
        if (batches == null || state.step() % stepsPerEpoch == 0) {
            batches = images.epoch(
                    images.plan(recipe.computation().seed(), state.step() / stepsPerEpoch, trainingStep.batchSize()),
                    0);
            epoch = batches;
        }
        trainingStep.run(batches, recipe.optimization().lr(), 1);
    }

    /** True: steps are replayed from a CUDA graph by now; false: they run operator by operator. */
    public boolean isCaptured() {
        return trainingStep.isCaptured();
    }

    /** The mean loss of an image over all steps so far. Waits for the device. */
    public double loss() {
        return state.metrics().read().loss();
    }

    @Override
    public void close() {
        owner.close();
    }
}
