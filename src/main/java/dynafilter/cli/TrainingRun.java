package dynafilter.cli;

import dynafilter.checkpoint.AtomicFile;
import dynafilter.checkpoint.BackboneSource;
import dynafilter.checkpoint.Checkpoint;
import dynafilter.checkpoint.RunDirectory;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.DataSet;
import dynafilter.data.DataSource;
import dynafilter.model.NetworkShape;
import dynafilter.model.StateDict;
import dynafilter.train.Ending;
import dynafilter.train.Evaluation;
import dynafilter.train.Evaluator;
import dynafilter.train.Recipe;
import dynafilter.train.RunConfig;
import dynafilter.train.Trainer;
import dynafilter.train.TrainingData;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.commons.cli.CommandLine;
import org.apache.logging.log4j.Logger;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;

/** One execution of {@code train}: opens everything, states it, trains, and says how it ended. */
final class TrainingRun {
    private final CommandLine line;
    private final Recipe recipe;
    private final RunDirectory directory;
    private final Terminal terminal;
    private final Logger log = Logging.log();

    TrainingRun(CommandLine line, Recipe recipe, RunDirectory directory, Terminal terminal) {
        this.line = line;
        this.recipe = recipe;
        this.directory = directory;
        this.terminal = terminal;
    }

    /** Trains a new network. Whatever can be wrong with the input is found before an older run's files go. */
    int start() {
        return train(null, null);
    }

    /** Continues from a checkpoint. */
    int resume(Path file, Checkpoint checkpoint) {
        return train(file, checkpoint);
    }

    private int train(Path file, Checkpoint checkpoint) {
        Session session = Session.open(line);
        recipe.precision().apply();
        session.device().useDeterministicAlgorithms(recipe.deterministic());
        Map<String, Tensor> initial = Map.of();
        try (Interruption interruption = new Interruption();
                DataSet set = DataSource.open(recipe.data());
                TrainingData data = TrainingData.of(set, recipe, session.device())) {
            NetworkShape shape =
                    NetworkShape.ofResNet18Stem(recipe.filters(), set.classes().size());
            initial = StateDict.random(shape, recipe.seed());
            if (checkpoint == null) {
                loadBackbone(initial);
            }
            RunReport report = new RunReport(terminal, recipe.epochs(), data.selectionName());
            try (Trainer trainer =
                    new Trainer(recipe, shape, initial, data, session.device(), directory, report, interruption)) {
                if (checkpoint != null) {
                    trainer.resume(checkpoint);
                }
                prepareFolder(file);
                RunHeader header = new RunHeader(recipe, session, set, data, initial);
                RunConfig.write(directory.config(), recipe, header.facts());
                header.log(directory, trainer, file);
                Ending ending = trainer.run();
                terminal.clear();
                Map<String, Object> outcome = outcome(ending, trainer, data, session);
                JsonOutput.write(CommonOptions.path(line, CommonOptions.JSON), outcome);
                return ExitCode.DONE;
            }
        } finally {
            terminal.clear();
            initial.values().forEach(Pointer::close);
        }
    }

    private void loadBackbone(Map<String, Tensor> initial) {
        BackboneSource.load(recipe.backbone(), recipe.cut(), terminal::bytes).forEach((name, tensor) -> {
            initial.put(name, tensor).close();
        });
    }

    /** Makes the folder ready and opens its log; a run resumed into another folder takes its best checkpoint along. */
    private void prepareFolder(Path resumed) {
        directory.makeWritable();
        RunDirectory source = resumed == null ? directory : RunDirectory.of(resumed);
        if (resumed == null) {
            directory.clear();
        } else if (!Files.exists(directory.best()) && Files.exists(source.best())) {
            AtomicFile.write(directory.best(), out -> Files.copy(source.best(), out));
        }
        Logging.toFile(directory.log());
    }

    /** Says how the run ended, and gives the same as values for {@code --json}. */
    private Map<String, Object> outcome(Ending ending, Trainer trainer, TrainingData data, Session session) {
        Map<String, Object> outcome = new LinkedHashMap<>();
        outcome.put("ending", ending.name().toLowerCase(Locale.ROOT));
        outcome.put("run", directory.path().toString());
        outcome.put("epochs", trainer.epoch());
        outcome.put("steps", trainer.step());
        outcome.put("selected_on", data.selectionName());
        if (trainer.epoch() > 0) {
            outcome.put("best_accuracy", trainer.bestAccuracy());
            outcome.put("best_epoch", trainer.bestEpoch());
            log.info(String.format(
                    Locale.ROOT,
                    "best %s accuracy %.2f %% in epoch %d: %s",
                    data.selectionName(),
                    100 * trainer.bestAccuracy(),
                    trainer.bestEpoch(),
                    directory.best()));
        }
        switch (ending) {
            case FINISHED -> log.debug("all epochs done");
            case EARLY_STOP -> log.info("stopped early: no better accuracy in {} epochs", recipe.earlyStop());
            case MAX_STEPS, MAX_MINUTES, INTERRUPTED ->
                log.info(
                        "stopped after step {} in epoch {} of {}; go on with: dynafilter train --resume {}",
                        trainer.step(),
                        Math.min(trainer.epoch() + 1, recipe.epochs()),
                        recipe.epochs(),
                        directory.path());
        }
        if (data.hasValidation() && ending != Ending.INTERRUPTED && trainer.epoch() > 0) {
            outcome.putAll(testOnce(data, session));
        }
        return outcome;
    }

    /** With a validation split the test set is used once: for the network the validation images chose. */
    private Map<String, Object> testOnce(TrainingData data, Session session) {
        try (TrainedNetwork best = TrainedNetwork.read(directory.best(), session.device())) {
            Evaluation test = new Evaluator(recipe.precision(), session.device()).evaluate(best.network(), data.test());
            log.info(String.format(
                    Locale.ROOT, "its test accuracy %.2f %%, loss %.4f", 100 * test.accuracy(), test.loss()));
            return Map.of("test_accuracy", test.accuracy(), "test_loss", test.loss());
        }
    }
}
