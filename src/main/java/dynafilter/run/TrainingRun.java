package dynafilter.run;

import dynafilter.data.DataSet;
import dynafilter.data.ImageSet;
import dynafilter.data.LabelSplit;
import dynafilter.data.source.DataSource;
import dynafilter.distributed.WorkerFailure;
import dynafilter.distributed.WorkerGroup;
import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import dynafilter.io.OutputException;
import dynafilter.model.NetworkShape;
import dynafilter.report.tensorboard.TensorBoardLog;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.RunConfig;
import dynafilter.runfolder.RunDirectory;
import dynafilter.runfolder.RunOutcome;
import dynafilter.runfolder.StopReason;
import dynafilter.runtime.DeviceMemory;
import dynafilter.runtime.NativeOwner;
import dynafilter.train.AdapterCalibration;
import dynafilter.train.FeatureMemory;
import dynafilter.train.Teaching;
import dynafilter.train.Trainer;
import dynafilter.train.TrainingData;
import dynafilter.train.TrainingFailure;
import dynafilter.train.TrainingSetup;
import java.nio.file.Files;
import java.util.List;
import java.util.function.Consumer;
import org.apache.logging.log4j.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One training run from its recipe to its outcome: prepares data, network and trainer, announces the run, trains, and concludes.
 * Whatever can be wrong with the input is found before an older run's files go.
 */
final class TrainingRun {
    private final Recipe recipe;
    private final Origin origin;
    private final RunFolder folder;
    private final RunDirectory directory;
    private final ComparisonPlace place;
    private final RunContext context;
    private final Session session;
    private final Terminal terminal;
    private final WorkerGroup group;
    private final Logger log = Logging.log();

    /** @param place of the run among those of a comparison */
    TrainingRun(Recipe recipe, Origin origin, RunFolder folder, ComparisonPlace place, RunContext context) {
        this.recipe = recipe;
        this.origin = origin;
        this.folder = folder;
        this.place = place;
        this.context = context;
        directory = folder.directory();
        session = context.session();
        terminal = context.terminal();
        group = context.group();
    }

    /**
     * Executes the run.
     *
     * @param outcomes takes the outcome at rank 0, before the ranks part
     * @return the outcome; at ranks other than 0 without the parts that rank 0 alone finds out
     */
    RunOutcome run(Consumer<RunOutcome> outcomes) {
        DeviceMemory memory = new DeviceMemory(session.device());
        memory.reset();
        recipe.computation().precision().apply();
        session.device().useDeterministicAlgorithms(recipe.computation().deterministic());
        RankAgreement ranks = new RankAgreement(group, recipe);
        LabelSplit split = ranks.inTurn(() -> LabelSplit.of(
                DataSource.open(recipe.images().data(), DataProgress.optionsOf(recipe, terminal)),
                recipe.selection().heldOutLabels()));
        ranks.require(split.seen());
        try (NativeOwner owner = new NativeOwner()) {
            PreparedRun run = prepare(split, ranks, owner);
            StopReason ending = StopReason.FINISHED;
            if (run.trainer().epoch() < recipe.optimization().epochs()) {
                announce(run);
                ending = train(run);
            } else {
                tellFinished(run);
            }
            return conclude(run, ending, memory, outcomes);
        } catch (InputException | OutputException | TrainingFailure own) {
            throw own;
        } catch (RuntimeException failure) { // what autograd passes on of a failure has lost its type
            throw group.failure()
                    .<RuntimeException>map(why -> DistributedRun.withWayOn(new WorkerFailure(why, failure), folder))
                    .orElse(failure);
        } finally {
            terminal.clear();
        }
    }

    /** Prepares the data, network and trainer; writes nothing. */
    private PreparedRun prepare(LabelSplit split, RankAgreement ranks, NativeOwner owner) {
        if (split.unseen() != null) {
            owner.keep(split.unseen());
        }
        InitialNetwork network;
        TrainingData data;
        String teaching = null;
        try (DataSet set = split.seen(); // its name, classes and checksum stay readable
                Teacher teacher = Teacher.of(recipe, directory, session.device())) {
            network = owner.keep(initial(split, ranks));
            allowInstructions(network, teacher);
            try (Teaching taught = teacher == null ? null : taught(teacher, set, ranks)) {
                data = owner.keep(onDevice(set, network, taught));
            }
            teaching = teacher == null ? null : teacher.network().description();
        }
        if (origin instanceof Origin.Fresh && recipe.network().adapter()) {
            AdapterCalibration.apply(network.shape(), network.state(), data.training(), session.device());
        }
        Recipe settled = settled(data, network);
        ConsoleListener console =
                new ConsoleListener(terminal, recipe.optimization().epochs(), data.selectionName(), place);
        TensorBoardLog tensorBoard =
                owner.keep(new TensorBoardLog(directory, settled, data, session.device(), console::warning));
        Trainer trainer = owner.keep(new Trainer(new TrainingSetup(
                settled,
                network.shape(),
                network.state(),
                data,
                network.unseen().orElse(null),
                session.device(),
                context.settings().graph().captures(session.device()),
                directory,
                context.features(),
                console.and(tensorBoard).and(context.listener()),
                context.interruption(),
                group)));
        origin.restore(trainer);
        return new PreparedRun(settled, split.seen(), split.unseen(), data, network, teaching, tensorBoard, trainer);
    }

    /** The recipe with its number of feature views; a run that goes on keeps that which it began with. */
    private Recipe settled(TrainingData data, InitialNetwork network) {
        return FeatureMemory.of(recipe, data, network.shape(), session.device(), directory.path(), group)
                .settled(origin.continued(recipe), group);
    }

    private InitialNetwork initial(LabelSplit split, RankAgreement ranks) {
        if (origin instanceof Origin.Resumed resumed) {
            return InitialNetwork.of(resumed, recipe, split.seen(), session.device());
        }
        return origin instanceof Origin.Weights weights
                ? InitialNetwork.of(weights, recipe, split, session.device())
                : InitialNetwork.fresh(recipe, split, session.device(), ranks, terminal::bytes);
    }

    /**
     * Lets convolutions use all instructions where they are right with them. A run that goes on keeps to what it began with, since
     * others round differently; and held-out labels make a further network, of more labels.
     */
    private void allowInstructions(InitialNetwork network, @Nullable Teacher teacher) {
        boolean may = network.unseen().isEmpty()
                && (teacher == null || teacher.network().hasNetwork())
                && (!(origin instanceof Origin.Resumed resumed)
                        || RunConfig.hasAllInstructions(
                                RunDirectory.of(resumed.checkpointFile()).config()));
        if (may) {
            List<NetworkShape> shapes = teacher == null
                    ? List.of(network.shape())
                    : List.of(network.shape(), teacher.network().network().shape());
            session.allowInstructions(shapes, recipe.computation().precision());
        } else {
            session.keepInstructions();
        }
    }

    private Teaching taught(Teacher teacher, DataSet set, RankAgreement ranks) {
        try (ImageSet images = ranks.inTurn(() -> teacher.images(recipe, terminal))) {
            return teacher.teach(
                    recipe, images, set.classes(), session, context.settings().memory(), group, terminal);
        }
    }

    private TrainingData onDevice(DataSet set, InitialNetwork network, @Nullable Teaching taught) {
        return TrainingData.of(
                set,
                recipe,
                network.statistics().orElse(null),
                taught,
                session.device(),
                context.settings().memory());
    }

    /** Announces the run, from which on there is something to save: takes its folder, and states there and on the console what is trained. */
    private void announce(PreparedRun run) {
        context.interruption().arm();
        if (!group.leads()) {
            return;
        }
        origin.prepare(folder);
        Logging.toFile(directory.log());
        InitialNetwork network = run.network();
        network.backbone().writeProgram(directory.path());
        ParameterCounts parameters = ParameterCounts.of(network.shape(), network.state(), recipe);
        JsonFile.write(
                directory.config(), new ConfigSections(origin, session, group, run, parameters).of(run.recipe()));
        new RunSummary(origin, session, group, run, parameters)
                .log(directory, context.settings().graph().captures(session.device()));
        network.backbone().notes(run.data().statistics()).forEach(note -> log.info("backbone   {}", note));
        if (place.isAlone()) { // a comparison says it once
            session.use(recipe.computation().precision());
        }
    }

    private StopReason train(PreparedRun run) {
        Trainer trainer = run.trainer();
        boolean lost = trainer.epoch() > 0 && !Files.exists(directory.best());
        if (Boolean.parseBoolean(group.share(String.valueOf(lost)))) {
            trainer.forgetBest();
            log.info("the run's best.pt is not at hand: the best epoch is chosen anew from here on");
        }
        if (group.leads()
                && (context.settings().tensorBoard() || !directory.eventFiles().isEmpty())) {
            openEvents(run);
        }
        StopReason ending = trainer.run();
        terminal.clear();
        return ending;
    }

    /** Says that all epochs are trained already. The outcome is told all the same: the run may have been killed just before that. */
    private void tellFinished(PreparedRun run) {
        log.info(
                "nothing to do: the run in {} is finished; train more epochs with: {}",
                directory.path(),
                folder.resumption("--epochs " + 2 * run.trainer().epoch()));
        if (group.leads() && Files.exists(directory.best()) && TensorBoardLog.lacksEnd(directory)) {
            folder.own();
            openEvents(run);
        }
    }

    private void openEvents(PreparedRun run) {
        run.tensorBoard().open(run.trainer().step());
        log.info("events     {}, for TensorBoard", directory.tensorboard());
    }

    private RunOutcome conclude(
            PreparedRun run, StopReason ending, DeviceMemory memory, Consumer<RunOutcome> outcomes) {
        RunConclusion conclusion = new RunConclusion(recipe, folder, place, session, group, run);
        RunOutcome outcome = group.leads() ? conclusion.tell(ending, memory) : conclusion.ofRank(ending);
        if (group.leads()) {
            outcomes.accept(outcome);
        }
        group.barrier(); // nobody leaves before all is written
        return outcome;
    }
}
