package dynafilter.cli;

import dynafilter.checkpoint.Checkpoint;
import dynafilter.checkpoint.RunDirectory;
import dynafilter.runtime.InputException;
import dynafilter.train.Recipe;
import dynafilter.train.Recipes;
import dynafilter.train.RunConfig;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Options;

/** {@code train}: trains a network into a run directory, or continues one. */
final class TrainCommand implements Command {
    /** What stopped a run does not stop the one that continues it. */
    private static final Map<String, Object> LIMITS_OF_ONE_CALL = Map.of("max_steps", 0L, "max_minutes", 0.0);

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
                .addOption(DataOption.dataMemory())
                .addOption(CommonOptions.cudaGraphOption())
                .addOption(CommonOptions.json("write the outcome as JSON"));
        return CommonOptions.addCompute(options);
    }

    @Override
    public List<String> examples() {
        return List.of(
                "train --data sample --backbone random --epochs 5",
                "train --data data/cifar-10-batches-bin --backbone resnet18.ts.pt --filters static --seed 1",
                "train --backbone mobilenet.ts.pt --cut features.6",
                "train --data pictures --image-size 64 --class-weights balanced    # pictures/{train,test}/CLASS/*.jpg",
                "train --data pictures --val-split 0.2                             # pictures/CLASS/*.jpg",
                "train --config checkpoints/RUN/config.json --out checkpoints/again",
                "train --resume checkpoints/RUN",
                "train --resume last --epochs 40");
    }

    @Override
    public int run(CommandLine line, Interruption interruption) {
        CommonOptions.refuseArguments(line, name());
        Terminal terminal = Terminal.of(line.getOptionValue("progress", "auto"));
        JsonOutput.file(line);
        DataOption.dataMemory(line);
        boolean resumes = line.hasOption("resume");
        if (resumes && (line.hasOption("overwrite") || line.hasOption("config"))) {
            throw new InputException(
                    "--resume continues a run as it was: it goes with neither --overwrite nor --config");
        }
        Map<String, Object> given = RecipeOptions.given(line);
        Path config = CommonOptions.path(line, "config");
        Recipe recipe = Recipes.with(config == null ? Recipe.DEFAULT : RunConfig.read(config), given, true);
        Path out = CommonOptions.path(line, "out");
        if (resumes) {
            return resume(line, interruption, terminal, given, out);
        }
        if (out != null) {
            new RunDirectory(out).requireFolder();
            if (!line.hasOption("overwrite")) {
                new RunDirectory(out).requireUnused();
            }
        }
        RunDirectory directory = out != null ? new RunDirectory(out) : RunDirectory.create(nameOf(recipe));
        OptionalInt threads = config == null ? OptionalInt.empty() : RunConfig.threads(config);
        return new TrainingRun(line, recipe, directory, terminal, interruption).start(Session.open(line, threads));
    }

    private static int resume(
            CommandLine line, Interruption interruption, Terminal terminal, Map<String, Object> given, Path out) {
        Path file = RunDirectory.checkpointFor(line.getOptionValue("resume"), out);
        RunDirectory source = RunDirectory.of(file);
        RunDirectory directory = out != null ? new RunDirectory(out) : source;
        directory.requireFolder();
        if (!directory.isSame(source) && directory.isUsed()) {
            throw new InputException(
                    "--out " + directory.path() + " holds another run than --resume " + file + "; name a new folder");
        }
        Session session = Session.open(line, RunConfig.threads(source.config()));
        try (Checkpoint checkpoint = Checkpoint.read(file)) {
            Map<String, Object> values = new LinkedHashMap<>(LIMITS_OF_ONE_CALL);
            values.putAll(given);
            Recipe recipe = Recipes.with(recipeOf(checkpoint, file), values, true);
            RunDirectory goesOn = checkpoint.epoch() < recipe.epochs() ? directory : source; // finished: stays as it is
            return new TrainingRun(line, recipe, goesOn, terminal, interruption).resume(session, file, checkpoint);
        }
    }

    private static Recipe recipeOf(Checkpoint checkpoint, Path file) {
        try {
            return Recipes.with(Recipe.DEFAULT, checkpoint.recipe(), false);
        } catch (InputException wrong) {
            throw new InputException("the recipe in " + file + ": " + wrong.getMessage(), wrong);
        }
    }

    private static String nameOf(Recipe recipe) {
        return recipe.filters() + "-"
                + LocalDateTime.now(ZoneId.systemDefault()).format(TIMESTAMP);
    }
}
