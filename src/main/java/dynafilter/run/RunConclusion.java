package dynafilter.run;

import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.ImageSet;
import dynafilter.data.device.DeviceImages;
import dynafilter.distributed.WorkerGroup;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.RunDirectory;
import dynafilter.runfolder.RunOutcome;
import dynafilter.runfolder.StopReason;
import dynafilter.runfolder.ZeroShot;
import dynafilter.runtime.DeviceMemory;
import dynafilter.runtime.Timing;
import dynafilter.train.Evaluation;
import dynafilter.train.Evaluator;
import dynafilter.train.Trainer;
import dynafilter.train.TrainingData;
import dynafilter.train.ZeroShotScores;
import java.nio.file.Files;
import java.util.Locale;
import org.apache.logging.log4j.Logger;
import org.bytedeco.javacpp.PointerScope;
import org.jspecify.annotations.Nullable;

/** The conclusion of a run: it says how the run ended, tests the best network where a test set was kept for that, and sums up the outcome. */
final class RunConclusion {
    private final Recipe recipe;
    private final RunFolder folder;
    private final RunDirectory directory;
    private final ComparisonPlace place;
    private final Session session;
    private final WorkerGroup group;
    private final PreparedRun run;
    private final Trainer trainer;
    private final TrainingData data;
    private final Logger log = Logging.log();

    RunConclusion(
            Recipe recipe,
            RunFolder folder,
            ComparisonPlace place,
            Session session,
            WorkerGroup group,
            PreparedRun run) {
        this.recipe = recipe;
        this.folder = folder;
        this.place = place;
        this.session = session;
        this.group = group;
        this.run = run;
        directory = folder.directory();
        trainer = run.trainer();
        data = run.data();
    }

    /** The outcome as a rank other than 0 knows it. */
    RunOutcome ofRank(StopReason ending) {
        return outcome(ending, null, null, null, null, null);
    }

    /** Says how the run ended, at rank 0. */
    RunOutcome tell(StopReason ending, DeviceMemory memory) {
        RunOutcome.AllReduce allReduce = group.isSingle()
                        || session.device().isCuda()
                        || trainer.stepTimes().isEmpty()
                ? null
                : allReduce();
        RunOutcome.Best best = trainer.epoch() > 0 && Files.exists(directory.best()) ? best() : null;
        tellEnding(ending);
        RunOutcome.Test test = null;
        ZeroShot zeroShot = null;
        if (ending == StopReason.FINISHED || ending == StopReason.EARLY_STOP) {
            Evaluation tested = best != null && data.hasValidation() && data.hasTest() ? test() : null;
            test = tested == null ? null : new RunOutcome.Test(tested.accuracy(), tested.loss());
            run.tensorBoard().finished(trainer.step(), tested);
            zeroShot = best == null || run.unseen() == null ? null : zeroShot(run.unseen());
        }
        if (!data.hasTest()) {
            log.info(
                    "the data set has no test images: the validation accuracy chose the epoch, and is on the high side");
        }
        long peak = memory.peak();
        return outcome(ending, allReduce, best, test, peak > 0 ? peak : null, zeroShot);
    }

    private RunOutcome outcome(
            StopReason ending,
            RunOutcome.@Nullable AllReduce allReduce,
            RunOutcome.@Nullable Best best,
            RunOutcome.@Nullable Test test,
            @Nullable Long peak,
            @Nullable ZeroShot zeroShot) {
        return new RunOutcome(
                ending,
                directory.path().toString(),
                trainer.epoch(),
                trainer.step(),
                data.selectionName(),
                trainer.isCaptured(),
                group.isSingle() ? null : new RunOutcome.Ranks(group.size(), allReduce),
                best,
                test,
                peak,
                zeroShot);
    }

    /** Says what the all-reduce cost. */
    private RunOutcome.AllReduce allReduce() {
        double share = trainer.stepTimes().shareOfSums();
        Timing timing = Timing.of(trainer.stepTimes().sumMilliseconds());
        log.info(String.format(
                Locale.ROOT,
                "all-reduce took %.1f %% of the steps' time, waiting for slower processes included: %.2f ms a step in the"
                        + " median",
                100 * share,
                timing.median()));
        return new RunOutcome.AllReduce(trainer.bytesSummed(), share, timing);
    }

    private RunOutcome.Best best() {
        log.info(String.format(
                Locale.ROOT,
                "best %s accuracy %.2f %% in epoch %d: %s",
                data.selectionName(),
                100 * trainer.bestAccuracy(),
                trainer.bestEpoch(),
                directory.best()));
        return new RunOutcome.Best(trainer.bestAccuracy(), trainer.bestEpoch());
    }

    private void tellEnding(StopReason ending) {
        switch (ending) {
            case FINISHED -> log.debug("all epochs done");
            case EARLY_STOP ->
                log.info(
                        "stopped early: no better accuracy in {} epochs{}",
                        recipe.limits().earlyStop(),
                        place.isAlone() // a run of another recipe is none of a comparison
                                ? "; go on all the same with: " + folder.resumption("--early-stop 0")
                                : "");
            case MAX_STEPS, MAX_MINUTES, INTERRUPTED -> tellStop();
        }
    }

    private void tellStop() {
        boolean between = trainer.step() == trainer.epoch() * trainer.stepsPerEpoch();
        log.info(
                "stopped {} {} of {}, at step {}; go on with: {}",
                between ? "after epoch" : "in epoch",
                between ? trainer.epoch() : trainer.epoch() + 1,
                recipe.optimization().epochs(),
                trainer.step(),
                place.resumption(folder.resumption("")));
    }

    /** Evaluates the network that the validation images chose on the test set, which nothing else of the run has seen. */
    private Evaluation test() {
        try (TrainedNetwork best = TrainedNetwork.read(directory.best(), session.device())) {
            Evaluation test = new Evaluator(recipe.computation().precision(), session.device())
                    .evaluate(best.network(), data.test());
            log.info(String.format(
                    Locale.ROOT, "its test accuracy %.2f %%, loss %.4f", 100 * test.accuracy(), test.loss()));
            return test;
        }
    }

    /** Tests the best network on the labels that training held out, and says how it did. */
    private ZeroShot zeroShot(ImageSet unseen) {
        int limit = recipe.selection().limitTest();
        try (PointerScope scope = new PointerScope();
                TrainedNetwork best = TrainedNetwork.read(directory.best(), session.device());
                TrainedNetwork all = best.withUnseen();
                ImageSet some = unseen.limit(limit == 0 ? unseen.size() : limit);
                DeviceImages images = new DeviceImages(some, session.device(), false)) {
            ZeroShot accuracies = ZeroShotScores.of(
                            new Evaluator(recipe.computation().precision(), session.device()),
                            all.classifier(),
                            all.classes(),
                            new ZeroShotScores.Named(data.hasTest() ? data.test() : data.selection(), data.classes()),
                            new ZeroShotScores.Named(images, unseen.classes()))
                    .accuracies(all.unseen().orElseThrow().areAmong(all.classes()));
            accuracies.lines().forEach(log::info);
            return accuracies;
        }
    }
}
