package dynafilter.runfolder;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import java.io.CharConversionException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * {@code config.json}: the recipe of a run and all it was run with. One that another version wrote, or a person, may lack
 * sections and parts of them: these are null.
 *
 * @param recipe the settings as they stand in the file
 * @param labelVectors null where the labels' embeddings start at random
 * @param distributed null for a run of one process
 * @param resumed null for a run that was never continued
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RunConfig(
        String format,
        Map<String, Object> recipe,
        Data data,
        Network network,
        LabelVectors labelVectors,
        Environment environment,
        Distributed distributed,
        Resumed resumed) {
    private static final String FORMAT = "dynafilter-config/1";

    /**
     * The data set.
     *
     * @param sha256 of its images and labels
     * @param trainingImages how many are trained on
     * @param selectedOn the set that chooses the best epoch: "test" or "validation"
     * @param selectionImages how many that has
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Data(
            String name,
            String sha256,
            List<String> classes,
            Long trainingImages,
            String selectedOn,
            Long selectionImages,
            Long testImages) {
        /** Of a document that tells nothing of it. */
        public static final Data UNKNOWN = new Data(null, null, null, null, null, null, null);
    }

    /**
     * The network.
     *
     * @param backbone in words
     * @param featureMap channels, height and width
     * @param trainedParameters those of all parameters that gradient descent changes
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Network(
            String backbone,
            List<Integer> featureMap,
            Long backboneParameters,
            Long filterParameters,
            Long predictorParameters,
            Long trainedParameters) {
        /** Of a document that tells nothing of it. */
        public static final Network UNKNOWN = new Network(null, null, null, null, null, null);
    }

    /**
     * The word vectors that the labels' embeddings started from.
     *
     * @param size numbers of a vector
     * @param sha256 of the vectors
     * @param scaledTo in words
     */
    public record LabelVectors(int size, String sha256, String scaledTo) {}

    /**
     * The processes that shared the run.
     *
     * @param launch what their launcher called them
     */
    public record Distributed(int processes, String launch) {}

    /** Where the run went on from: up to there the recipe may have been another. */
    public record Resumed(String checkpoint, long epoch, long step) {}

    /** The document of a run; sections that it does not have are null. */
    public static RunConfig of(
            Recipe recipe,
            Data data,
            Network network,
            LabelVectors labelVectors,
            Environment environment,
            Distributed distributed,
            Resumed resumed) {
        return new RunConfig(
                FORMAT, Recipes.toMap(recipe), data, network, labelVectors, environment, distributed, resumed);
    }

    /**
     * The recipe in the config.json that {@code --config} names.
     *
     * @throws InputException where the file cannot be read or is none
     */
    public static Recipe recipe(Path file) {
        String name = "--config " + file;
        return read(file, name).recipe(name);
    }

    /**
     * All that a run's config.json tells.
     *
     * @throws InputException where the file cannot be read or is none
     */
    public static RunConfig read(Path file) {
        return read(file, file.toString());
    }

    private static RunConfig read(Path file, String name) {
        if (!Files.isRegularFile(file)) {
            throw new InputException(name + " cannot be read: "
                    + (Files.exists(file) ? "it is no file" : "it does not exist") + "; give the config.json of a run");
        }
        try {
            return JsonFile.parse(Files.readAllBytes(file), RunConfig.class)
                    .filter(config -> FORMAT.equals(config.format) && config.recipe != null)
                    .orElseThrow(() -> new InputException(
                            name + " is not a config.json of format " + FORMAT + "; give the one in a run's folder"));
        } catch (JsonProcessingException | CharConversionException wrong) {
            throw new InputException(name + " is not JSON; give the config.json of a run", wrong);
        } catch (IOException unreadable) {
            throw new InputException(name + " cannot be read; check its permissions", unreadable);
        }
    }

    /**
     * The recipe that the settings are of.
     *
     * @param name of the file, for messages
     * @throws InputException where they are of none
     */
    public Recipe recipe(String name) {
        try {
            return Recipes.with(Recipe.DEFAULT, recipe, true);
        } catch (InputException wrong) {
            throw new InputException(name + ": " + wrong.getMessage(), wrong);
        }
    }

    /** What the launcher called the processes of the run of a config.json; empty where it does not say. */
    public static String launch(Path file) {
        return found(file).map(RunConfig::distributed).map(Distributed::launch).orElse("");
    }

    /** The CPU threads that the run of a config.json used: other numbers round differently. None where it does not say. */
    public static OptionalInt threads(Path file) {
        return found(file).map(RunConfig::environment).map(Environment::threads).stream()
                .mapToInt(Integer::intValue)
                .filter(threads -> threads > 0)
                .findFirst();
    }

    /** The word vectors that the labels of the run of a config.json started from; empty where it tells of none. */
    public static Optional<LabelVectors> labelVectors(Path file) {
        return found(file).map(RunConfig::labelVectors);
    }

    private static Optional<RunConfig> found(Path file) {
        try {
            return JsonFile.parse(Files.readAllBytes(file), RunConfig.class);
        } catch (IOException noConfig) {
            return Optional.empty();
        }
    }
}
