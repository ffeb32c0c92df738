package dynafilter.run;

import dynafilter.distributed.WorkerGroup;
import dynafilter.model.NetworkShape;
import dynafilter.runfolder.Recipe;
import dynafilter.runfolder.RunConfig;
import dynafilter.runfolder.RunDirectory;
import dynafilter.train.TrainingData;
import java.util.List;

/** Makes the config.json of a run. */
record ConfigSections(Origin origin, Session session, WorkerGroup group, PreparedRun run, ParameterCounts parameters) {
    private static final String SCALED = "root mean square 1";

    RunConfig of(Recipe recipe) {
        return RunConfig.of(
                recipe,
                data(),
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
                data.hasTest() ? data.test().size() : 0);
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

    /** A run that goes on does not read the vectors again: what they were, the run that it continues has told. */
    private RunConfig.LabelVectors labelVectors() {
        return run.network()
                .vectors()
                .map(words -> new RunConfig.LabelVectors(words.size(), words.sha256(), SCALED))
                .or(() -> origin.file()
                        .flatMap(file ->
                                RunConfig.labelVectors(RunDirectory.of(file).config())))
                .orElse(null);
    }
}
