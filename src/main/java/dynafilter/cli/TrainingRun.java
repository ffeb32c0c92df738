package dynafilter.cli;

import dynafilter.benchmark.Timing;
import dynafilter.checkpoint.BackboneSource;
import dynafilter.checkpoint.Checkpoint;
import dynafilter.checkpoint.PretrainedBackbone;
import dynafilter.checkpoint.TrainedNetwork;
import dynafilter.data.DataSet;
import dynafilter.data.device.DataMemory;
import dynafilter.data.source.DataSource;
import dynafilter.data.words.WordVectors;
import dynafilter.distributed.WorkerFailure;
import dynafilter.distributed.WorkerGroup;
import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import dynafilter.io.OutputException;
import dynafilter.io.ShellWord;
import dynafilter.model.NetworkShape;
import dynafilter.model.StateDict;
import dynafilter.report.tensorboard.TensorBoardLog;
import dynafilter.runfolder.Ending;
import dynafilter.runfolder.FolderLock;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.RunDirectory;
import dynafilter.runtime.CudaGraphMode;
import dynafilter.runtime.DeviceMemory;
import dynafilter.train.AdapterCalibration;
import dynafilter.train.Evaluation;
import dynafilter.train.Evaluator;
import dynafilter.train.Trainer;
import dynafilter.train.TrainingData;
import dynafilter.train.TrainingFailure;
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
    /**
     * How it is run; decides nothing that is computed.
     *
     * @param overwrite whether a run in the folder goes
     * @param memory where the images lie
     * @param tensorBoard whether event files are begun; those that are there go on
     * @param json where the outcome goes
     * @param position among the runs of a comparison
     */
    record Settings(
            CudaGraphMode graph,
            DataMemory memory,
            boolean overwrite,
            boolean tensorBoard,
            JsonOutput json,
            Position position) {
        static Settings of(CommandLine line) {
            return new Settings(
                    CommonOptions.cudaGraph(line),
                    DataOption.dataMemory(line),
                    line.hasOption("overwrite"),
                    line.hasOption("tensorboard"),
                    JsonOutput.of(line),
                    Position.ALONE);
        }

        /** The same, whatever is to go in the folder. */
        Settings replacing(boolean older) {
            return new Settings(graph, memory, older, tensorBoard, json, position);
        }

        /** The same for a run of a comparison, whatever is left of it there. */
        Settings ofRun(Path outcome, Position place) {
            return new Settings(graph, memory, true, tensorBoard, JsonOutput.to(outcome), place);
        }
    }

    private final Recipe recipe;
    private final RunDirectory directory;
    private final FolderLock lock;
    private final Settings settings;
    private final Terminal terminal;
    private final Interruption interruption;
    private final WorkerGroup group;
    private final Logger log = Logging.log();

    /** In this process alone. */
    TrainingRun(
            Recipe recipe,
            RunDirectory directory,
            FolderLock lock,
            Settings settings,
            Terminal terminal,
            Interruption interruption) {
        this(recipe, directory, lock, settings, terminal, interruption, WorkerGroup.single());
    }

    /** @param lock owns the folder, or is to as soon as that is there */
    TrainingRun(
            Recipe recipe,
            RunDirectory directory,
            FolderLock lock,
            Settings settings,
            Terminal terminal,
            Interruption interruption,
            WorkerGroup group) {
        this.recipe = recipe;
        this.directory = directory;
        this.lock = lock;
        this.settings = settings;
        this.terminal = terminal;
        this.interruption = interruption;
        this.group = group;
    }

    /** Trains a new network. Whatever can be wrong with the input is found before an older run's files go. */
    Ending start(Session session) {
        return train(session, null, null);
    }

    /** Continues from a checkpoint. */
    Ending resume(Session session, Path file, Checkpoint checkpoint) {
        return train(session, file, checkpoint);
    }

    private Ending train(Session session, Path file, Checkpoint checkpoint) {
        boolean graph = settings.graph.captures(session.device());
        DeviceMemory memory = new DeviceMemory(session.device());
        memory.reset();
        recipe.precision().apply();
        session.device().useDeterministicAlgorithms(recipe.deterministic());
        Map<String, Tensor> initial = Map.of();
        RankFacts facts = new RankFacts(group, recipe);
        DataSet set = facts.inTurn(() -> DataSource.open(recipe.data(), DataOption.ofRun(recipe, terminal)));
        facts.require(set);
        try (TrainingData data = onDevice(set, session);
                PretrainedBackbone backbone = checkpoint == null
                        ? facts.inTurn(() -> new BackboneSource()
                                .load(
                                        recipe.backbone(),
                                        recipe.cut(),
                                        recipe.imageSize(),
                                        session.device(),
                                        terminal::bytes))
                        : PretrainedBackbone.of(checkpoint, file, session.device())) {
            Optional<WordVectors> vectors = checkpoint == null ? labelVectors(set) : Optional.empty();
            NetworkShape shape = shape(set, backbone, checkpoint, vectors);
            initial = initial(shape, checkpoint == null ? backbone.state() : checkpoint.model(), vectors);
            if (recipe.adapter() && checkpoint == null) {
                AdapterCalibration.apply(shape, initial, data.training(), session.device());
            }
            RunReport report = new RunReport(terminal, recipe.epochs(), data.selectionName(), settings.position);
            try (TensorBoardLog tensorBoard =
                            new TensorBoardLog(directory, recipe, data, session.device(), report::warning);
                    Trainer trainer = new Trainer(
                            recipe,
                            shape,
                            initial,
                            data,
                            session.device(),
                            graph,
                            directory,
                            report.and(tensorBoard),
                            interruption,
                            group)) {
                Ending ending = Ending.FINISHED;
                if (checkpoint != null) {
                    trainer.resume(checkpoint, file);
                }
                boolean trains = trainer.epoch() < recipe.epochs();
                // A comparison needs the figures of a run, too, that was killed between its last epoch and its outcome.
                boolean ends = trains || !settings.position.isAlone();
                if (trains) {
                    interruption.arm();
                    if (group.leads()) {
                        new RunFolder(directory, lock, settings.overwrite).prepare(file);
                        Logging.toFile(directory.log());
                        backbone.writeProgram(directory.path());
                        RunHeader header = new RunHeader(recipe, session, group, set, data, shape, initial);
                        JsonFile.write(directory.config(), header.config(trainer, file, vectors));
                        header.log(directory, trainer, file, graph);
                        backbone.notes().forEach(note -> log.info("backbone   {}", note));
                        if (settings.position.isAlone()) { // a comparison says it once
                            session.use(recipe.precision());
                        }
                    }
                    boolean lost = trainer.epoch() > 0 && !Files.exists(directory.best());
                    if (Boolean.parseBoolean(group.share(String.valueOf(lost)))) {
                        trainer.forgetBest();
                        log.info("the run's best.pt is not at hand: the best epoch is chosen anew from here on");
                    }
                    if (group.leads()
                            && (settings.tensorBoard || !directory.eventFiles().isEmpty())) {
                        open(tensorBoard, trainer);
                    }
                    ending = trainer.run();
                    terminal.clear();
                } else {
                    log.info(
                            "nothing to do: the run in {} is finished; train more epochs with: {}",
                            directory.path(),
                            resumption("--epochs " + 2 * trainer.epoch()));
                    if (group.leads() && Files.exists(directory.best()) && TensorBoardLog.lacksEnd(directory)) {
                        lock.own(directory.path(), FolderLocks.ANOTHER_FOLDER);
                        open(tensorBoard, trainer);
                        ends = true;
                    }
                }
                if (group.leads()) {
                    Map<String, Object> outcome = outcome(ending, ends, trainer, data, session, tensorBoard);
                    long peak = memory.peak();
                    outcome.put("peak_memory_bytes", peak > 0 ? peak : null);
                    settings.json.write(outcome);
                }
                group.barrier(); // nobody leaves before all is written
                return ending;
            }
        } catch (InputException | OutputException | TrainingFailure own) {
            throw own;
        } catch (RuntimeException failure) { // what autograd passes on of a failure has lost its type
            throw group.failure()
                    .<RuntimeException>map(
                            why -> RankedRun.withWayOn(new WorkerFailure(why, failure), directory, resumption("")))
                    .orElse(failure);
        } finally {
            terminal.clear();
            initial.values().forEach(Pointer::close);
        }
    }

    /** Brings a data set to the device and lets go of it; what it is called and knows stays readable. */
    private TrainingData onDevice(DataSet set, Session session) {
        try (set) {
            return TrainingData.of(set, recipe, session.device(), settings.memory);
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
                backbone.architecture(), recipe.filters(), set.classes().size(), recipe.adapter(), recipe.imageSize());
        if (checkpoint != null) {
            return shape.withEmbeddingOf(checkpoint.model());
        }
        return vectors.map(words -> shape.withEmbeddingSize(words.size())).orElse(shape);
    }

    /**
     * The network before its first step.
     *
     * @param known tensors that do not start at random; shared with the result, which is closed on its own
     */
    private Map<String, Tensor> initial(NetworkShape shape, Map<String, Tensor> known, Optional<WordVectors> vectors) {
        Map<String, Tensor> initial = StateDict.random(shape, recipe.seed(), known);
        vectors.ifPresent(words -> StateDict.setEmbeddings(initial, words.scaled()));
        return initial;
    }

    /** The command that goes on with this run, to copy into a shell. */
    private String resumption(String options) {
        return ("dynafilter train --resume " + ShellWord.of(directory.path()) + " " + options).strip();
    }

    /** What joining the processes cost, where the host can tell. */
    private Map<String, Object> allReduce(Trainer trainer) {
        double share = trainer.stepTimes().shareOfSums();
        Timing timing = Timing.of(trainer.stepTimes().sumMilliseconds());
        log.info(String.format(
                Locale.ROOT,
                "all-reduce took %.1f %% of the steps' time, waiting for slower processes included: %.2f ms a step in the"
                        + " median",
                100 * share,
                timing.median()));
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("bytes", trainer.bytesSummed());
        values.put("share", share);
        values.put("step_ms", timing);
        return values;
    }

    private void open(TensorBoardLog tensorBoard, Trainer trainer) {
        tensorBoard.open(trainer.step());
        log.info("events     {}, for TensorBoard", directory.tensorboard());
    }

    /**
     * Says how the run ended, and gives the same as values for {@code --json}.
     *
     * @param ends whether what comes once, at a run's end, is still to come
     */
    private Map<String, Object> outcome(
            Ending ending,
            boolean ends,
            Trainer trainer,
            TrainingData data,
            Session session,
            TensorBoardLog tensorBoard) {
        Map<String, Object> outcome = new LinkedHashMap<>();
        outcome.put("ending", ending.name().toLowerCase(Locale.ROOT));
        outcome.put("run", directory.path().toString());
        outcome.put("epochs", trainer.epoch());
        outcome.put("steps", trainer.step());
        outcome.put("selected_on", data.selectionName());
        outcome.put("cuda_graph", trainer.isCaptured());
        if (!group.isSingle()) {
            outcome.put("processes", group.size());
            outcome.put(
                    "all_reduce",
                    session.device().isCuda() || trainer.stepTimes().isEmpty() ? null : allReduce(trainer));
        }
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
        if (ends && (ending == Ending.FINISHED || ending == Ending.EARLY_STOP)) {
            Evaluation test = data.hasValidation() && data.hasTest() ? testOnce(data, session) : null;
            if (test != null) {
                outcome.put("test_accuracy", test.accuracy());
                outcome.put("test_loss", test.loss());
            }
            tensorBoard.finished(trainer.step(), test);
        }
        if (!data.hasTest()) {
            log.info(
                    "the data set has no test images: the validation accuracy chose the epoch, and is on the high side");
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
                settings.position.resumption(resumption("")));
    }

    /** With a validation split the test set is used once: for the network the validation images chose. */
    private Evaluation testOnce(TrainingData data, Session session) {
        try (TrainedNetwork best = TrainedNetwork.read(directory.best(), session.device())) {
            Evaluation test = new Evaluator(recipe.precision(), session.device()).evaluate(best.network(), data.test());
            log.info(String.format(
                    Locale.ROOT, "its test accuracy %.2f %%, loss %.4f", 100 * test.accuracy(), test.loss()));
            return test;
        }
    }
}
