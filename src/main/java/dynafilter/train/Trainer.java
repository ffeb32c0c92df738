package dynafilter.train;

import dynafilter.checkpoint.Checkpoint;
import dynafilter.checkpoint.RunDirectory;
import dynafilter.data.EpochPlan;
import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.NetworkShape;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.InputException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Trains a network, epoch by epoch, and keeps its run directory. All randomness is a function of (seed, epoch), the learning
 * rate one of the step: a run resumed from a checkpoint is, on the CPU, bit for bit the run that was never stopped.
 */
public final class Trainer implements AutoCloseable {
    private static final long PROGRESS_INTERVAL = 500_000_000; // nanoseconds

    private final Recipe recipe;
    private final NetworkShape shape;
    private final TrainingData data;
    private final RunDirectory directory;
    private final History history;
    private final TrainingListener listener;
    private final BooleanSupplier stopRequested;
    private final FlatParameters parameters;
    private final WeightAverage average; // null without --ema
    private final DynamicFilterNetwork evaluated;
    private final Optimizer optimizer;
    private final TrainingMetrics metrics;
    private final TrainingStep trainingStep;
    private final Evaluator evaluator;
    private final Schedule schedule;
    private final int batchSize;
    private final int accumulate;
    private final long stepsPerEpoch;
    private final long started = System.nanoTime();

    private int epoch; // finished epochs
    private long step; // finished steps
    private double bestAccuracy;
    private int epochsSinceBest;
    private double secondsBefore; // spent in the current epoch before the run was resumed

    /**
     * @param initial every tensor of the network by name; copied
     * @param stopRequested asked after every step
     */
    public Trainer(
            Recipe recipe,
            NetworkShape shape,
            Map<String, Tensor> initial,
            TrainingData data,
            ComputeDevice device,
            RunDirectory directory,
            TrainingListener listener,
            BooleanSupplier stopRequested) {
        this.recipe = recipe;
        this.shape = shape;
        this.data = data;
        this.directory = directory;
        history = new History(directory.history());
        this.listener = listener;
        this.stopRequested = stopRequested;
        DynamicFilterNetwork.check(shape, initial);
        parameters = new FlatParameters(initial, recipe.freeze()::trains, device);
        DynamicFilterNetwork network = DynamicFilterNetwork.bind(shape, parameters.state(), recipe.freeze());
        average = recipe.ema() > 0 ? new WeightAverage(parameters, recipe.ema()) : null;
        evaluated = average == null ? network : DynamicFilterNetwork.bind(shape, average.state(), recipe.freeze());
        optimizer = Optimizer.of(recipe, parameters);
        metrics = new TrainingMetrics(device);
        trainingStep = new TrainingStep(network, parameters, optimizer, metrics, recipe, device);
        evaluator = new Evaluator(recipe.precision(), device);
        batchSize = (int) Math.min(recipe.batchSize(), data.training().size());
        accumulate = (int) Math.min(recipe.accumulate(), data.training().size() / batchSize);
        stepsPerEpoch = data.training().size() / ((long) batchSize * accumulate);
        schedule = Schedule.of(recipe.schedule(), recipe.lr(), recipe.warmup(), stepsPerEpoch * recipe.epochs());
    }

    /** Trains until the recipe's end, or until something stops it before. */
    public Ending run() {
        while (epoch < recipe.epochs()) {
            Clock clock = new Clock(secondsBefore);
            data.training()
                    .begin(EpochPlan.of(
                            recipe.seed(),
                            epoch,
                            Math.toIntExact(data.training().size())));
            for (long at = step - epoch * stepsPerEpoch; at < stepsPerEpoch; at++) {
                Ending ending = at > 0 ? ending() : null;
                if (ending != null) {
                    saveInterrupted(clock);
                    return ending;
                }
                double learningRate = schedule.learningRate(step);
                trainingStep.run(data.training(), at * batchSize * accumulate, batchSize, accumulate, learningRate);
                step++;
                report(clock, at + 1);
            }
            finishEpoch(clock);
            Ending ending = epoch < recipe.epochs() ? ending() : null;
            if (ending != null) {
                return ending;
            }
        }
        return Ending.FINISHED;
    }

    private Ending ending() {
        if (stopRequested.getAsBoolean()) {
            return Ending.INTERRUPTED;
        }
        if (recipe.maxSteps() > 0 && step >= recipe.maxSteps()) {
            return Ending.MAX_STEPS;
        }
        if (recipe.maxMinutes() > 0 && System.nanoTime() - started > recipe.maxMinutes() * 60e9) {
            return Ending.MAX_MINUTES;
        }
        return recipe.earlyStop() > 0 && epochsSinceBest >= recipe.earlyStop() ? Ending.EARLY_STOP : null;
    }

    /** Tells the listener, at most twice a second: reading the sums waits for the device. */
    private void report(Clock clock, long stepOfEpoch) {
        if (!clock.strikes(stepOfEpoch == stepsPerEpoch)) {
            return;
        }
        TrainingMetrics.Sums sums = metrics.read();
        requireFinite(sums.lossSum(), "the loss");
        double stepSeconds = clock.secondsPerStep();
        long stepsLeft = stepsPerEpoch * recipe.epochs() - step;
        listener.progress(new Progress(
                epoch + 1,
                recipe.epochs(),
                stepOfEpoch,
                stepsPerEpoch,
                sums.loss(),
                sums.accuracy(),
                batchSize * accumulate / stepSeconds,
                stepsLeft * stepSeconds));
    }

    private void finishEpoch(Clock clock) {
        TrainingMetrics.Sums sums = metrics.read();
        requireFinite(sums.lossSum(), "the loss");
        double imagesPerSecond = batchSize * accumulate / clock.secondsPerStep();
        Evaluation evaluation = evaluator.evaluate(evaluated, data.selection());
        requireFinite(evaluation.loss(), "the loss of the evaluation");
        boolean best = epoch == 0 || evaluation.accuracy() > bestAccuracy;
        epoch++;
        bestAccuracy = best ? evaluation.accuracy() : bestAccuracy;
        epochsSinceBest = best ? 0 : epochsSinceBest + 1;
        metrics.set(TrainingMetrics.Sums.ZERO);
        EpochResult result = new EpochResult(
                epoch,
                step,
                schedule.learningRate(step - 1),
                sums.loss(),
                sums.accuracy(),
                evaluation.loss(),
                evaluation.accuracy(),
                best,
                clock.seconds(),
                imagesPerSecond);
        secondsBefore = 0;
        save(best);
        history.add(result);
        listener.epochFinished(result);
    }

    private void saveInterrupted(Clock clock) {
        requireFinite(metrics.read().lossSum(), "the loss");
        secondsBefore = clock.seconds();
        save(false);
    }

    /** Writes last.pt, and best.pt first where this epoch is the best. */
    private void save(boolean best) {
        try (PointerScope scope = new PointerScope()) {
            requireFinite(parameters.values().sum().item_double(), "a parameter");
            Checkpoint checkpoint = checkpoint();
            if (best) {
                checkpoint.write(directory.best());
            }
            checkpoint.write(directory.last());
        }
    }

    /** The run as it is; its tensors are the live ones, or belong to the caller's scope. */
    private Checkpoint checkpoint() {
        TrainingMetrics.Sums sums = metrics.read();
        Map<String, Object> progress = new LinkedHashMap<>();
        progress.put("loss_sum", sums.lossSum());
        progress.put("correct", sums.correct());
        progress.put("images", sums.images());
        progress.put("seconds", secondsBefore);
        progress.put("epochs_since_best", epochsSinceBest);
        Map<String, Object> extra = new LinkedHashMap<>();
        extra.put("progress", progress);
        extra.put("data_sha256", data.sha256());
        if (average != null) {
            extra.put(Checkpoint.AVERAGE, average.state());
        }
        return new Checkpoint(
                parameters.state(),
                optimizer.stateDict(schedule.learningRate(Math.max(0, step - 1))),
                epoch,
                step,
                bestAccuracy,
                Recipes.toMap(recipe),
                data.classes(),
                Map.of("seed", recipe.seed()),
                extra);
    }

    /**
     * Continues the run that a checkpoint was taken of.
     *
     * @throws InputException where the checkpoint is of another network, data set or optimizer
     */
    public void resume(Checkpoint checkpoint) {
        Resumption.check(checkpoint, recipe, data);
        DynamicFilterNetwork.check(shape, checkpoint.model());
        parameters.load(checkpoint.model());
        optimizer.load(checkpoint.optimizer());
        epoch = Math.toIntExact(checkpoint.epoch());
        step = checkpoint.step();
        bestAccuracy = checkpoint.bestAccuracy();
        if (step < epoch * stepsPerEpoch || step > (epoch + 1) * stepsPerEpoch) {
            throw new InputException(
                    "the checkpoint is at step " + step + " after " + epoch + " epochs, but an epoch of "
                            + data.training().size() + " images has " + stepsPerEpoch
                            + " steps here; resume with the data and batch"
                            + " size of the run");
        }
        Resumption.Progress progress = Resumption.progress(checkpoint);
        metrics.set(progress.sums());
        secondsBefore = progress.seconds();
        epochsSinceBest = progress.epochsSinceBest();
        if (average != null) {
            Map<String, Tensor> saved = checkpoint.average().orElse(checkpoint.model());
            DynamicFilterNetwork.check(shape, saved);
            average.load(saved);
        }
        history.keep(epoch);
    }

    /** Finished epochs. */
    public int epoch() {
        return epoch;
    }

    /** Finished steps. */
    public long step() {
        return step;
    }

    public long stepsPerEpoch() {
        return stepsPerEpoch;
    }

    /** The best accuracy of a finished epoch on the set that chooses, in [0, 1]. */
    public double bestAccuracy() {
        return bestAccuracy;
    }

    /** The epoch that had it, counted from 1. */
    public int bestEpoch() {
        return epoch - epochsSinceBest;
    }

    private void requireFinite(double value, String what) {
        if (Double.isFinite(value)) {
            return;
        }
        String kept = epoch > 0
                ? "; " + directory.last() + " is from the end of epoch " + epoch
                        + " and good: go on from it with --resume and a lower --lr, or --clip-grad 1"
                : "; start again with a lower --lr, a longer --warmup, or --clip-grad 1";
        throw new Divergence(what + " is NaN or infinite in epoch " + (epoch + 1) + ", by step " + step
                + " (learning rate " + String.format(Locale.ROOT, "%.3g", schedule.learningRate(Math.max(0, step - 1)))
                + ")" + kept);
    }

    @Override
    public void close() {
        metrics.close();
        optimizer.close();
        if (average != null) {
            average.close();
        }
        parameters.close();
    }

    /** Times an epoch. */
    private static final class Clock {
        private final double before;
        private final long start = System.nanoTime();
        private long lastStrike = start;
        private long steps;

        Clock(double secondsBefore) {
            before = secondsBefore;
        }

        /** Counts a step; true when half a second has passed since the last true, or at the last step. */
        boolean strikes(boolean last) {
            steps++;
            long now = System.nanoTime();
            if (!last && now - lastStrike < PROGRESS_INTERVAL) {
                return false;
            }
            lastStrike = now;
            return true;
        }

        double secondsPerStep() {
            return (System.nanoTime() - start) / 1e9 / steps;
        }

        double seconds() {
            return before + (System.nanoTime() - start) / 1e9;
        }
    }
}
