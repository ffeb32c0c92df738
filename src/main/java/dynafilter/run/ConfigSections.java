package dynafilter.run;

import dynafilter.distributed.WorkerGroup;
import dynafilter.model.NetworkShape;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.RunConfig;
import dynafilter.runfolder.RunDirectory;
import dynafilter.train.TrainingData;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The sections of a run's config.json, gathered from what the run is prepared with. */
record ConfigSections(Origin origin, Session session, WorkerGroup group, PreparedRun run, ParameterCounts parameters) {
    private static final String SCALED = "root mean square 1";

    /** The config.json of the run. */
    RunConfig of(Recipe recipe) {
        return RunConfig.of(
                recipe,
                data(),
                new RunConfig.Pixels(
                        run.data().statistics().mean(), run.data().statistics().std()),
                network(),
                labelVectors(),
                session.environment(),
                group.isSingle() ? null : new RunConfig.Distributed(group.size(), group.launch()),
                origin.file()
                        .map(file -> new RunConfig.Resumed(
                                file.toString(),
                                run.trainer().epoch(),
                                run.trainer().step()))
                        .orElse(null));
    }

    private RunConfig.Data data() {
        TrainingData data = run.data();
        return new RunConfig.Data(
                run.set().name(),
                run.set().sha256(),
                run.set().classes(),
                data.training().size(),
                data.selectionName(),
                data.selection().size(),
                data.hasTest() ? data.test().size() : 0,
                run.unseen() == null ? null : run.unseen().classes());
    }

    private RunConfig.Network network() {
        NetworkShape shape = run.network().shape();
        return new RunConfig.Network(
                shape.backbone().description(),
                List.of(shape.channels(), shape.mapHeight(), shape.mapWidth()),
                parameters.backbone(),
                parameters.filters(),
                parameters.predictor(),
                parameters.trained());
    }

    /** The word vectors; a run that goes on does not read them again, and takes them from the config.json of the run it continues. */
    private RunConfig.@Nullable LabelVectors labelVectors() {
        return run.network()
                .vectors()
                .map(words -> new RunConfig.LabelVectors(words.size(), words.sha256(), SCALED))
                .or(() -> origin.file()
                        .flatMap(file ->
                                RunConfig.labelVectors(RunDirectory.of(file).config())))
                .orElse(null);
    }
}
