package dynafilter.train;

import dynafilter.data.device.EpochBatches;
import dynafilter.data.device.EpochPlan;
import dynafilter.distributed.WorkerGroup;
import dynafilter.model.DynamicFilterNetwork;
import java.util.function.BooleanSupplier;

/** The examples of a run whose backbone sees every image anew: pixels, cropped by the plan of each epoch. */
final class FreshImages implements Examples {
    private final TrainingData data;
    private final Evaluator evaluator;
    private final WorkerGroup group;

    /** @param data closed by its owner */
    FreshImages(TrainingData data, Evaluator evaluator, WorkerGroup group) {
        this.data = data;
        this.evaluator = evaluator;
        this.group = group;
    }

    @Override
    public boolean prepare(int epoch, BooleanSupplier stops) {
        return true;
    }

    @Override
    public double secondsToPrepare(int end) {
        return 0;
    }

    @Override
    public EpochBatches begin(EpochPlan plan, int epoch, long from) {
        return data.training().epoch(plan, from);
    }

    @Override
    public Evaluation evaluate(DynamicFilterNetwork network) {
        return evaluator.evaluate(network, data.selection(), group);
    }

    @Override
    public void close() {}
}
