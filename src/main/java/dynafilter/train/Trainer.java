package dynafilter.train;

import dynafilter.checkpoint.Checkpoint;
import dynafilter.checkpoint.RunDirectory;
import dynafilter.data.EpochPlan;
import dynafilter.model.NetworkShape;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.InputException;
import dynafilter.runtime.OutOfMemory;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Trains a network, epoch by epoch, and keeps its run directory. All randomness is a function of (seed, epoch), the learning
 * rate one of the step: a run resumed from a checkpoint is, on the CPU with the same number of threads, bit for bit the run
 * that was never stopped.
 */
public final class Trainer implements AutoCloseable {
    private final Recipe recipe;
    private final TrainingData data;
    private final RunDirectory directory;
    private final History history;
    private final TrainingListener listener;
    private final BooleanSupplier stopRequested;
    private final TrainingState state;
    private final TrainingStep trainingStep;
    private final Evaluator evaluator;
    private final Schedule schedule;
    private final long stepsPerEpoch;
    private final long started = System.nanoTime();
    private String lastGood; // the checkpoint to go back to, for messages; null before there is one

    /**
     * @param initial every tensor of the network by name; copied
     * @param graph whether a step is captured as a CUDA graph
     * @param stopRequested asked between steps and after every epoch
     */
    public Trainer(
            Recipe recipe,
            NetworkShape shape,
            Map<String, Tensor> initial,
            TrainingData data,
            ComputeDevice device,
            boolean graph,
            RunDirectory directory,
            TrainingListener listener,
            BooleanSupplier stopRequested) {
        this.recipe = recipe;
        this.data = data;
        this.directory = directory;
        this.listener = listener;
        this.stopRequested = stopRequested;
        history = new History(directory.history());
        state = new TrainingState(recipe, shape, initial, device);
        long images = data.training().size();
        int batchSize = (int) Math.min(recipe.batchSize(), images);
        int batches = (int) Math.min(recipe.accumulate(), images / batchSize);
        trainingStep =
                new TrainingStep(state, recipe, data.training(), batchSize, batches, device, graph, listener::warning);
        evaluator = new Evaluator(recipe.precision(), device);
        stepsPerEpoch = images / trainingStep.images();
        schedule = Schedule.of(recipe.schedule(), recipe.lr(), recipe.warmup(), stepsPerEpoch * recipe.epochs());
    }

    /**
     * Trains until the recipe's end, or until something stops it before.
     *
     * @throws TrainingFailure where the loss is no longer a number or memory runs out; the last checkpoint is whole
     */
    public Ending run() {
        try {
            return train();
        } catch (RuntimeException | OutOfMemoryError failure) {
            Optional<String> full = OutOfMemory.in(failure);
            if (full.isPresent()) {
                throw outOfMemory(full.get(), failure);
            }
            throw failure;
        }
    }

    private Ending train() {
        history.keep(state.epoch());
        while (state.epoch() < recipe.epochs()) {
            EpochClock clock = new EpochClock(state.secondsBefore());
            long first = state.step() - state.epoch() * stepsPerEpoch;
            data.training().begin(plan(), first * trainingStep.images());
            for (long at = first; at < stepsPerEpoch; at++) {
                Ending ending = state.step() > 0 ? ending() : null;
                if (ending != null) {
                    interruptEpoch(clock);
                    return ending;
                }
                trainingStep.run(schedule.learningRate(state.step()));
                report(clock, at + 1);
            }
            finishEpoch(clock);
            Ending ending = state.epoch() < recipe.epochs() ? ending() : null;
            if (ending != null) {
                return ending;
            }
        }
        return Ending.FINISHED;
    }

    private EpochPlan plan() {
        return data.training().plan(recipe.seed(), state.epoch());
    }

    /** Why to stop now; null to go on. */
    private Ending ending() {
        if (stopRequested.getAsBoolean()) {
            return Ending.INTERRUPTED;
        }
        if (recipe.maxSteps() > 0 && state.step() >= recipe.maxSteps()) {
            return Ending.MAX_STEPS;
        }
        if (recipe.maxMinutes() > 0 && System.nanoTime() - started > recipe.maxMinutes() * 60e9) {
            return Ending.MAX_MINUTES;
        }
        return recipe.earlyStop() > 0 && state.epochsSinceBest() >= recipe.earlyStop() ? Ending.EARLY_STOP : null;
    }

    /** Tells the listener, at most twice a second and at an epoch's end: reading the sums waits for the device. */
    private void report(EpochClock clock, long stepOfEpoch) {
        if (!clock.reports(stepOfEpoch == stepsPerEpoch)) {
            return;
        }
        TrainingMetrics.Sums sums = state.metrics().read();
        requireFinite(sums.lossSum(), "the loss");
        long stepsLeft = stepsPerEpoch * recipe.epochs() - state.step();
        listener.progress(new Progress(
                state.epoch() + 1,
                recipe.epochs(),
                stepOfEpoch,
                stepsPerEpoch,
                sums.loss(),
                sums.accuracy(),
                imagesPerSecond(clock),
                stepsLeft * clock.secondsPerStep()));
    }

    private double imagesPerSecond(EpochClock clock) {
        return trainingStep.images() / clock.secondsPerStep();
    }

    private void finishEpoch(EpochClock clock) {
        TrainingMetrics.Sums sums = state.metrics().read();
        requireFinite(sums.lossSum(), "the loss");
        double imagesPerSecond = imagesPerSecond(clock);
        Evaluation evaluation = evaluator.evaluate(state.evaluated(), data.selection());
        requireFinite(evaluation.loss(), "the loss of the evaluation");
        requireFiniteParameters();
        boolean best = state.epochFinished(evaluation.accuracy());
        EpochResult result = new EpochResult(
                state.epoch(),
                state.step(),
                lastLearningRate(),
                sums.loss(),
                sums.accuracy(),
                evaluation.loss(),
                evaluation.accuracy(),
                best,
                clock.seconds(),
                imagesPerSecond);
        history.add(result); // first: a kill in between leaves a row too many, which resuming drops
        save(best);
        listener.epochFinished(result);
    }

    private void interruptEpoch(EpochClock clock) {
        requireFinite(state.metrics().read().lossSum(), "the loss");
        requireFiniteParameters();
        state.interrupted(clock.seconds());
        save(false);
    }

    /** Writes last.pt, and best.pt first where this epoch is the best. */
    private void save(boolean best) {
        try (PointerScope scope = new PointerScope()) {
            Checkpoint checkpoint = state.toCheckpoint(data, lastLearningRate());
            if (best) {
                checkpoint.write(directory.best());
            }
            checkpoint.write(directory.last());
        }
        lastGood = directory.last() + " of step " + state.step();
    }

    /**
     * Continues the run that a checkpoint was taken of.
     *
     * @param file where it was read from, for messages
     * @throws InputException where the checkpoint is of another network, data set or optimizer
     */
    public void resume(Checkpoint checkpoint, Path file) {
        state.restore(checkpoint, data);
        long epochStart = state.epoch() * stepsPerEpoch;
        if (state.step() < epochStart || state.step() > epochStart + stepsPerEpoch) {
            throw new InputException("the checkpoint is at step " + state.step() + " after " + state.epoch()
                    + " epochs, but an epoch of " + data.training().size() + " images has " + stepsPerEpoch
                    + " steps here; resume with the data and batch size of the run");
        }
        lastGood = file + " of step " + state.step();
    }

    /** The next epoch is the best so far: for a resumed run whose best checkpoint is not at hand. */
    public void forgetBest() {
        state.forgetBest();
    }

    private double lastLearningRate() {
        return schedule.learningRate(Math.max(0, state.step() - 1));
    }

    private void requireFiniteParameters() {
        try (PointerScope scope = new PointerScope()) {
            requireFinite(state.parameters().values().abs().sum().item_double(), "a parameter");
        }
    }

    private void requireFinite(double value, String what) {
        if (Double.isFinite(value)) {
            return;
        }
        String kept = lastGood == null
                ? "; start again with a lower --lr, a longer --warmup, or --clip-grad 1"
                : "; " + lastGood + " is good: go on from it with --resume and a lower --lr, or --clip-grad 1";
        throw new TrainingFailure(String.format(
                Locale.ROOT,
                "%s is NaN or infinite in epoch %d, by step %d (learning rate %.3g)%s",
                what,
                state.epoch() + 1,
                state.step(),
                lastLearningRate(),
                kept));
    }

    private TrainingFailure outOfMemory(String what, Throwable cause) {
        String kept = lastGood == null
                ? "; train with a smaller --batch-size (--accumulate keeps the images a step)"
                : "; " + lastGood + " is whole: go on from it with --resume once there is memory, or start again with a"
                        + " smaller --batch-size (--accumulate keeps the images a step)";
        return new TrainingFailure(
                String.format(
                        Locale.ROOT,
                        "out of memory in epoch %d, after step %d: %s%s",
                        state.epoch() + 1,
                        state.step(),
                        what,
                        kept),
                cause);
    }

    /** Finished epochs. */
    public int epoch() {
        return state.epoch();
    }

    /** Finished steps. */
    public long step() {
        return state.step();
    }

    public long stepsPerEpoch() {
        return stepsPerEpoch;
    }

    /** Images that make one step: a batch, times the batches accumulated; fewer where the training set is smaller. */
    public long imagesPerStep() {
        return trainingStep.images();
    }

    /** Whether steps are replayed from a CUDA graph by now. */
    public boolean isCaptured() {
        return trainingStep.isCaptured();
    }

    /** The best accuracy of a finished epoch on the set that chooses, in [0, 1]. */
    public double bestAccuracy() {
        return state.bestAccuracy();
    }

    /** The epoch that had it, counted from 1. */
    public int bestEpoch() {
        return state.epoch() - state.epochsSinceBest();
    }

    @Override
    public void close() {
        trainingStep.close();
        state.close();
    }
}
