package dynafilter.runfolder;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import dynafilter.model.Freeze;
import java.io.CharConversionException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The document {@code config.json}: the recipe of a run, its data, network and environment. A file that another version or a
 * person wrote may lack sections, or parts of them: these are null.
 *
 * @param recipe the settings by name, as they stand in the file
 * @param labelVectors null: the labels' embeddings start at random
 * @param distributed null: the run has one process
 * @param resumed null: the run was never continued
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RunConfig(
        @Nullable String format,
        @Nullable Map<String, Object> recipe,
        @Nullable Data data,
        @Nullable Pixels normalization,
        @Nullable Network network,
        @Nullable LabelVectors labelVectors,
        @Nullable Environment environment,
        @Nullable Distributed distributed,
        @Nullable Resumed resumed) {
    private static final String FORMAT = "dynafilter-config/1";

    /**
     * The data set.
     *
     * @param sha256 of its images and labels
     * @param trainingImages the number of images that are trained on
     * @param selectedOn the set that chooses the best epoch: "test" or "validation"
     * @param selectionImages the number of images in that set
     * @param heldOut the labels whose images the run was not given; null: it was given all
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Data(
            @Nullable String name,
            @Nullable String sha256,
            @Nullable List<String> classes,
            @Nullable Long trainingImages,
            @Nullable String selectedOn,
            @Nullable Long selectionImages,
            @Nullable Long testImages,
            @Nullable List<String> heldOut) {
        /** The data set in a document that tells nothing of it. */
        public static final Data UNKNOWN = new Data(null, null, null, null, null, null, null, null);
    }

    /**
     * The normalisation of pixels, which are numbers in [0, 1] by then.
     *
     * @param mean by channel, which it subtracts
     * @param std the standard deviation by channel, by which it divides
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Pixels(
            @Nullable List<Double> mean, @Nullable List<Double> std) {}

    /**
     * The network.
     *
     * @param backbone the backbone in words
     * @param featureMap channels, height and width
     * @param trainedParameters the number of parameters that gradient descent changes
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Network(
            @Nullable String backbone,
            @Nullable List<Integer> featureMap,
            @Nullable Long backboneParameters,
            @Nullable Long filterParameters,
            @Nullable Long predictorParameters,
            @Nullable Long trainedParameters) {
        /** The network in a document that tells nothing of it. */
        public static final Network UNKNOWN = new Network(null, null, null, null, null, null);
    }

    /**
     * The word vectors that the labels' embeddings started from.
     *
     * @param size the number of components of a vector
     * @param sha256 of the vectors
     * @param scaledTo the scaling in words
     */
    public record LabelVectors(int size, String sha256, String scaledTo) {}

    /**
     * The processes that shared the run.
     *
     * @param launch the identifier that their launcher gave them
     */
    public record Distributed(int processes, String launch) {}

    /** The checkpoint that the run was continued from; up to its step the recipe may have been another. */
    public record Resumed(String checkpoint, long epoch, long step) {}

    /** The document of a run, in the current format. */
    public static RunConfig of(
            Recipe recipe,
            Data data,
            @Nullable Pixels normalization,
            Network network,
            @Nullable LabelVectors labelVectors,
            Environment environment,
            @Nullable Distributed distributed,
            @Nullable Resumed resumed) {
        return new RunConfig(
                FORMAT,
                Recipes.toMap(recipe),
                data,
                normalization,
                network,
                labelVectors,
                environment,
                distributed,
                resumed);
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
     * The content of a run's config.json, which has a recipe.
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
     * The settings as a recipe, in a document that has them.
     *
     * @param name of the file, for messages
     * @throws InputException where a setting is unknown, of the wrong type or out of range
     */
    public Recipe recipe(String name) {
        try {
            Map<String, Object> settings =
                    new LinkedHashMap<>(Objects.requireNonNull(recipe, "whoever reads it sees to that"));
            if (Freeze.ALL.toString().equals(settings.get("freeze"))) {
                settings.putIfAbsent("feature_views", 0); // versions that did not know it kept none
            }
            return Recipes.stored(settings, true);
        } catch (InputException wrong) {
            throw new InputException(name + ": " + wrong.getMessage(), wrong);
        }
    }

    /** The launcher's identifier in a config.json, for the processes of its run; empty where it does not tell. */
    public static String launch(Path file) {
        return found(file).map(RunConfig::distributed).map(Distributed::launch).orElse("");
    }

    /** The number of CPU threads in a config.json, with which alone results are the same to the bit; empty where it does not tell. */
    public static Optional<Integer> threads(Path file) {
        return found(file).map(RunConfig::environment).map(Environment::threads).filter(threads -> threads > 0);
    }

    /**
     * True: by a config.json the convolutions of its run used all instructions of the processor; false: they were limited, or the
     * file does not tell, as those of earlier versions, which always limited them where they had to for some network.
     */
    public static boolean hasAllInstructions(Path file) {
        return found(file)
                .map(RunConfig::environment)
                .map(Environment::convolutions)
                .filter(Environment.ALL_INSTRUCTIONS::equals)
                .isPresent();
    }

    /** The word vectors in a config.json that the labels' embeddings started from; empty where it tells of none. */
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
