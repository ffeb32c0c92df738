package dynafilter.cli;

import dynafilter.checkpoint.AtomicFile;
import dynafilter.checkpoint.BackboneSource;
import dynafilter.checkpoint.Checkpoint;
import dynafilter.checkpoint.PretrainedBackbone;
import dynafilter.checkpoint.RunDirectory;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.DataSet;
import dynafilter.data.DataSource;
import dynafilter.data.WordVectors;
import dynafilter.model.NetworkShape;
import dynafilter.model.StateDict;
import dynafilter.train.AdapterCalibration;
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
import java.util.Optional;
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
    private final Interruption interruption;
    private final Logger log = Logging.log();

    TrainingRun(CommandLine line, Recipe recipe, RunDirectory directory, Terminal terminal, Interruption interruption) {
        this.line = line;
        this.recipe = recipe;
        this.directory = directory;
        this.terminal = terminal;
        this.interruption = interruption;
    }

    /** Trains a new network. Whatever can be wrong with the input is found before an older run's files go. */
    int start(Session session) {
        return train(session, null, null);
    }

    /** Continues from a checkpoint. */
    int resume(Session session, Path file, Checkpoint checkpoint) {
        return train(session, file, checkpoint);
    }

    private int train(Session session, Path file, Checkpoint checkpoint) {
        boolean graph = CommonOptions.cudaGraph(line).captures(session.device());
        recipe.precision().apply();
        session.device().useDeterministicAlgorithms(recipe.deterministic());
        Map<String, Tensor> initial = Map.of();
        DataSet set = DataSource.open(recipe.data(), DataOption.ofRun(recipe, terminal));
        try (TrainingData data = onDevice(set, session);
                PretrainedBackbone backbone = checkpoint == null
                        ? new BackboneSource()
                                .load(
                                        recipe.backbone(),
                                        recipe.cut(),
                                        recipe.imageSize(),
                                        session.device(),
                                        terminal::bytes)
                        : PretrainedBackbone.of(checkpoint, file, session.device())) {
            Optional<WordVectors> vectors = checkpoint == null ? labelVectors(set) : Optional.empty();
            NetworkShape shape = shape(set, backbone, checkpoint, vectors);
            initial = initial(shape, backbone, vectors);
            if (recipe.adapter() && checkpoint == null) {
                AdapterCalibration.apply(shape, initial, data.training(), session.device());
            }
            RunReport report = new RunReport(terminal, recipe.epochs(), data.selectionName());
            try (Trainer trainer = new Trainer(
                    recipe, shape, initial, data, session.device(), graph, directory, report, interruption)) {
                Ending ending = Ending.FINISHED;
                if (checkpoint != null) {
                    trainer.resume(checkpoint, file);
                }
                boolean trains = trainer.epoch() < recipe.epochs();
                if (trains) {
                    interruption.arm();
                    prepareFolder(file);
                    backbone.writeProgram(directory);
                    RunHeader header = new RunHeader(recipe, session, set, data, shape, initial);
                    RunConfig.write(directory.config(), recipe, header.facts(trainer, file, vectors));
                    header.log(directory, trainer, file, graph);
                    if (trainer.epoch() > 0 && !Files.exists(directory.best())) {
                        trainer.forgetBest();
                        log.info("the run's best.pt is not at hand: the best epoch is chosen anew from here on");
                    }
                    ending = trainer.run();
                    terminal.clear();
                } else {
                    log.info(
                            "nothing to do: the run in {} is finished; train more epochs with: {}",
                            directory.path(),
                            resumption("--epochs " + 2 * trainer.epoch()));
                }
                JsonOutput.write(
                        CommonOptions.path(line, CommonOptions.JSON), outcome(ending, trains, trainer, data, session));
                return ExitCode.DONE;
            }
        } finally {
            terminal.clear();
            initial.values().forEach(Pointer::close);
        }
    }

    /** Brings a data set to the device and lets go of it; what it is called and knows stays readable. */
    private TrainingData onDevice(DataSet set, Session session) {
        try (set) {
            return TrainingData.of(set, recipe, session.device(), DataOption.dataMemory(line));
        }
    }

    private Optional<WordVectors> labelVectors(DataSet set) {
        return recipe.labelVectors().isEmpty()
                ? Optional.empty()
                : Optional.of(WordVectors.read(recipe.labelVectors(), set.classes()));
    }

    private NetworkShape shape(
            DataSet set, PretrainedBackbone backbone, Checkpoint checkpoint, Optional<WordVectors> vectors) {
        NetworkShape shape = NetworkShape.of(
                backbone.architecture(),
                recipe.filters(),
                set.classes().size(),
                recipe.adapter(),
                recipe.imageSize());
        if (checkpoint != null) {
            return shape.withEmbeddingOf(checkpoint.model());
        }
        return vectors.map(words -> shape.withEmbeddingSize(words.size())).orElse(shape);
    }

    /** The network before its first step; shares the backbone's tensors, and is closed on its own. */
    private Map<String, Tensor> initial(
            NetworkShape shape, PretrainedBackbone backbone, Optional<WordVectors> vectors) {
        Map<String, Tensor> initial = StateDict.random(shape, recipe.seed());
        backbone.state().forEach((name, tensor) -> {
            tensor.retainReference();
            initial.put(name, tensor).close();
        });
        vectors.ifPresent(words -> StateDict.setEmbeddings(initial, words.scaled()));
        return initial;
    }

    /**
     * Makes the folder ready and opens its log; a run resumed into another folder takes its history and best
     * checkpoint along.
     */
    private void prepareFolder(Path resumed) {
        directory.makeWritable();
        if (resumed == null) {
            if (!line.hasOption("overwrite")) {
                directory.requireUnused(); // still: the data took a while to read
            }
            directory.clear();
        } else if (!directory.isSame(RunDirectory.of(resumed))) {
            RunDirectory source = RunDirectory.of(resumed);
            copy(source.history(), directory.history());
            copy(source.best(), directory.best());
        }
        Logging.toFile(directory.log());
    }

    private static void copy(Path from, Path to) {
        if (Files.exists(from)) {
            AtomicFile.write(to, out -> Files.copy(from, out));
        }
    }

    /** The command that goes on with this run, to copy into a shell. */
    private String resumption(String options) {
        String path = directory.path().toString();
        String word = path.matches("[\\w@%+=:,./-]+") ? path : "'" + path.replace("'", "'\\''") + "'";
        return ("dynafilter train --resume " + word + " " + options).strip();
    }

    /** Says how the run ended, and gives the same as values for {@code --json}. */
    private Map<String, Object> outcome(
            Ending ending, boolean trained, Trainer trainer, TrainingData data, Session session) {
        Map<String, Object> outcome = new LinkedHashMap<>();
        outcome.put("ending", ending.name().toLowerCase(Locale.ROOT));
        outcome.put("run", directory.path().toString());
        outcome.put("epochs", trainer.epoch());
        outcome.put("steps", trainer.step());
        outcome.put("selected_on", data.selectionName());
        outcome.put("cuda_graph", trainer.isCaptured());
        if (trainer.epoch() > 0 && Files.exists(directory.best())) {
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
            case EARLY_STOP ->
                log.info(
                        "stopped early: no better accuracy in {} epochs; go on all the same with: {}",
                        recipe.earlyStop(),
                        resumption("--early-stop 0"));
            case MAX_STEPS, MAX_MINUTES, INTERRUPTED -> stopped(trainer);
        }
        if (data.hasValidation() && data.hasTest() && trained && (ending == Ending.FINISHED || ending == Ending.EARLY_STOP)) {
            outcome.putAll(testOnce(data, session));
        }
        if (!data.hasTest()) {
            log.info("the data set has no test images: the validation accuracy chose the epoch, and is on the high side");
        }
        return outcome;
    }

    private void stopped(Trainer trainer) {
        boolean between = trainer.step() == trainer.epoch() * trainer.stepsPerEpoch();
        log.info(
                "stopped {} {} of {}, at step {}; go on with: {}",
                between ? "after epoch" : "in epoch",
                between ? trainer.epoch() : trainer.epoch() + 1,
                recipe.epochs(),
                trainer.step(),
                resumption(""));
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
