package dynafilter.train;

import dynafilter.data.device.EpochBatches;
import dynafilter.data.device.EpochPlan;
import dynafilter.distributed.WorkerFailure;
import dynafilter.distributed.WorkerGroup;
import dynafilter.io.InputException;
import dynafilter.runfolder.EpochResult;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.StopReason;
import dynafilter.train.optim.Schedule;
import java.util.Objects;
import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.Nullable;

/**
 * The training loop. Before every step all ranks agree whether to go on; the step trains on its batches; after the last step
 * of an epoch the network is evaluated and its checkpoints are written. A step is in {@link TrainingStep}, the files are in
 * {@link RunFiles}.
 */
final class TrainingLoop {
    private final Recipe recipe;
    private final TrainingData data;
    private final TrainingListener listener;
    private final WorkerGroup group;
    private final TrainingState state;
    private final TrainingStep trainingStep;
    private final RunFiles files;
    private final StopVotes votes;
    private final ParameterCheck parameterCheck;
    private final Examples examples;
    private final Schedule schedule;
    private final long stepsPerEpoch;

    TrainingLoop(
            TrainingSetup setup, TrainingState state, TrainingStep trainingStep, Examples examples, RunFiles files) {
        recipe = setup.recipe();
        data = setup.data();
        listener = setup.listener();
        group = setup.group();
        this.state = state;
        this.trainingStep = trainingStep;
        this.examples = examples;
        this.files = files;
        votes = new StopVotes(
                group,
                state.parameters().votes(),
                setup.device().isCuda(),
                setup.stopRequested(),
                recipe.limits().maxMinutes());
        parameterCheck = new ParameterCheck(group, state);
        stepsPerEpoch = data.training().size() / trainingStep.images();
        schedule = Schedule.of(
                recipe.optimization().schedule(),
                recipe.optimization().lr(),
                recipe.optimization().warmup(),
                stepsPerEpoch * recipe.optimization().epochs());
    }

    long stepsPerEpoch() {
        return stepsPerEpoch;
    }

    /**
     * Trains until the recipe's end, or until something stops the run earlier.
     *
     * @throws TrainingFailure where the loss is NaN or infinite
     * @throws InputException where the ranks begin with different networks
     * @throws WorkerFailure where the ranks come to different networks, or a rank is gone
     */
    StopReason run() {
        parameterCheck.requireSameStart();
        files.begin();
        while (state.epoch() < recipe.optimization().epochs()) {
            EpochClock clock = new EpochClock(state.secondsBefore());
            long first = state.step() - state.epoch() * stepsPerEpoch; // not 0 where a run was stopped inside the epoch
            if (!examples.prepare(state.epoch(), this::stopsBeforeSteps)) {
                interruptEpoch(clock);
                return Objects.requireNonNull(stopReason(), "it is why nothing was made ready");
            }
            clock.prepared();
            EpochBatches batches = examples.begin(plan(), state.epoch(), first * trainingStep.ownImages());
            for (long step = first; step < stepsPerEpoch; step++) {
                StopReason reason = state.step() > 0 ? stopReason() : null;
                if (reason != null) {
                    interruptEpoch(clock);
                    return reason;
                }
                votes.cast();
                trainingStep.run(batches, schedule.learningRate(state.step()), progress());
                votes.count(state.step());
                report(clock, step + 1);
            }
            finishEpoch(clock);
            StopReason reason = state.epoch() < recipe.optimization().epochs() ? stopReason() : null;
            if (reason != null) {
                return reason;
            }
        }
        return StopReason.FINISHED;
    }

    private EpochPlan plan() {
        return data.training()
                .plan(recipe.computation().seed(), state.epoch(), trainingStep.batchSize())
                .shard(group.rank(), group.size(), trainingStep.batchSize());
    }

    /** True: all ranks stop before an epoch's steps; false: they go on. */
    private boolean stopsBeforeSteps() {
        votes.castAndCount();
        return stopReason() != null;
    }

    /** The reason to stop now, the same at all ranks; null: go on. */
    private @Nullable StopReason stopReason() {
        StopReason voted = votes.result();
        if (voted != null) {
            return voted;
        }
        if (recipe.limits().maxSteps() > 0 && state.step() >= recipe.limits().maxSteps()) {
            return StopReason.MAX_STEPS;
        }
        boolean early = recipe.limits().earlyStop() > 0
                && state.epochsSinceBest() >= recipe.limits().earlyStop();
        return early ? StopReason.EARLY_STOP : null;
    }

    /**
     * Reports this rank's progress, at most twice a second and at an epoch's end, because reading the sums waits for the
     * device.
     */
    private void report(EpochClock clock, long stepOfEpoch) {
        if (!clock.reports(stepOfEpoch == stepsPerEpoch)) {
            return;
        }
        TrainingMetrics.Sums sums = state.metrics().read();
        requireFinite(sums.lossSum(), "the loss");
        long stepsLeft = stepsPerEpoch * recipe.optimization().epochs() - state.step();
        listener.progress(new Progress(
                state.epoch() + 1,
                recipe.optimization().epochs(),
                stepOfEpoch,
                stepsPerEpoch,
                sums.loss(),
                sums.accuracy(),
                imagesPerSecond(clock),
                stepsLeft * clock.secondsPerStep()
                        + examples.secondsToPrepare(recipe.optimization().epochs())));
    }

    private double imagesPerSecond(EpochClock clock) {
        return trainingStep.images() * clock.stepsPerSecond();
    }

    private void finishEpoch(EpochClock clock) {
        TrainingMetrics.Sums sums = state.metrics().read().over(group);
        requireFinite(sums.lossSum(), "the loss");
        state.shareStatistics(group);
        double imagesPerSecond = imagesPerSecond(clock);
        Evaluation evaluation = examples.evaluate(state.evaluated());
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
        votes.castAndCount();
        parameterCheck.requireSameEnd();
        files.epochFinished(result);
        group.barrier();
    }

    private void interruptEpoch(EpochClock clock) {
        TrainingMetrics.Sums sums = state.metrics().read().over(group);
        requireFinite(sums.lossSum(), "the loss");
        requireFiniteParameters();
        state.interrupted(clock.seconds());
        if (group.leads()) {
            state.metrics().set(sums); // what rank 0 saves is of all ranks
        }
        files.epochInterrupted(lastLearningRate());
        group.barrier();
    }

    /** The share of the run's steps that are done. */
    private double progress() {
        return (double) state.step() / (stepsPerEpoch * recipe.optimization().epochs());
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
        if (!Double.isFinite(value)) {
            throw TrainingFailure.notFinite(what, state, lastLearningRate(), files.lastGood());
        }
    }
}
