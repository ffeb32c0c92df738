package dynafilter.cli;

import dynafilter.checkpoint.Checkpoint;
import dynafilter.checkpoint.RunDirectory;
import dynafilter.runtime.InputException;
import dynafilter.runtime.NativeRuntime;
import dynafilter.train.Recipe;
import dynafilter.train.Recipes;
import dynafilter.train.RunConfig;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** {@code train}: trains a network into a run directory, or continues one. */
final class TrainCommand implements Command {
    private static final DateTimeFormatter TIMESTAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

    @Override
    public String name() {
        return "train";
    }

    @Override
    public String summary() {
        return "train a network; writes best.pt, last.pt, config.json, history.csv and train.log";
    }

    @Override
    public Options options() {
        Options options = RecipeOptions.addTo(new Options());
        options.addOption(CommonOptions.valued("out", "DIR", "the run's folder [checkpoints/NAME-TIMESTAMP]"))
                .addOption(CommonOptions.flag("overwrite", "replace the run in --out"))
                .addOption(CommonOptions.valued(
                        "resume", "WHAT", "continue a run: last, best, its folder or a checkpoint file"))
                .addOption(
                        CommonOptions.valued("config", "FILE", "take the recipe of a config.json; other options win"))
                .addOption(CommonOptions.valued("progress", "STYLE", "auto, bar, plain or none [auto]"))
                .addOption(CommonOptions.json("write the outcome as JSON"));
        return CommonOptions.addCompute(options);
    }

    @Override
    public List<String> examples() {
        return List.of(
                "train --data sample --backbone random --epochs 5",
                "train --data data/cifar-10-batches-bin --backbone resnet18.ts.pt --filters static --seed 1",
                "train --config checkpoints/RUN/config.json --out checkpoints/again",
                "train --resume checkpoints/RUN",
                "train --resume last --epochs 40");
    }

    @Override
    public int run(CommandLine line) {
        CommonOptions.refuseArguments(line, name());
        Terminal terminal = Terminal.of(line.getOptionValue("progress", "auto"));
        Map<String, Object> given = RecipeOptions.given(line);
        Path config = CommonOptions.path(line, "config");
        Recipe recipe = Recipes.with(config == null ? Recipe.DEFAULT : RunConfig.read(config), given, true);
        Path out = CommonOptions.path(line, "out");
        if (!line.hasOption("resume")) {
            RunDirectory directory = new RunDirectory(out != null ? out : newFolder(recipe));
            if (!line.hasOption("overwrite")) {
                directory.requireUnused();
            }
            return new TrainingRun(line, recipe, directory, terminal).start();
        }
        if (line.hasOption("overwrite") || config != null) {
            throw new InputException(
                    "--resume continues a run as it was: it goes with neither --overwrite nor --config");
        }
        Path file = RunDirectory.checkpointFor(line.getOptionValue("resume"), out);
        NativeRuntime.load();
        try (Checkpoint checkpoint = Checkpoint.read(file)) {
            Recipe resumed = Recipes.with(Recipes.with(Recipe.DEFAULT, checkpoint.recipe(), false), given, true);
            RunDirectory directory = out != null ? new RunDirectory(out) : RunDirectory.of(file);
            return new TrainingRun(line, resumed, directory, terminal).resume(file, checkpoint);
        }
    }

    private static Path newFolder(Recipe recipe) {
        return RunDirectory.RUNS.resolve(recipe.filters() + "-"
                + LocalDateTime.now(ZoneId.systemDefault()).format(TIMESTAMP));
    }
}
