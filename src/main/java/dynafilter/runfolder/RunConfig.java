package dynafilter.runfolder;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dynafilter.io.InputException;
import dynafilter.io.JsonFile;
import java.io.CharConversionException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;

/** {@code config.json}: the recipe of a run and all it was run with. */
public final class RunConfig {
    private static final String FORMAT = "dynafilter-config/1";
    private static final String LAUNCH = "/distributed/launch";
    private static final JsonMapper MAPPER = new JsonMapper();

    private RunConfig() {}

    /**
     * Writes the file.
     *
     * @param facts further sections by name: data, network, environment
     */
    public static void write(Path file, Recipe recipe, Map<String, ?> facts) {
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("format", FORMAT);
        config.put("recipe", Recipes.toMap(recipe));
        config.putAll(facts);
        JsonFile.write(file, config);
    }

    /**
     * The recipe in the config.json that {@code --config} names.
     *
     * @throws InputException where the file cannot be read or is none
     */
    public static Recipe read(Path file) {
        String name = "--config " + file;
        return recipe(tree(file, name), name);
    }

    /**
     * All that a run's config.json tells: {@code recipe}, and {@code data}, {@code network}, {@code environment},
     * {@code resumed} where they are known.
     *
     * @throws InputException where the file cannot be read or is none
     */
    public static JsonNode tree(Path file) {
        return tree(file, file.toString());
    }

    private static JsonNode tree(Path file, String name) {
        if (!Files.isRegularFile(file)) {
            throw new InputException(name + " cannot be read: "
                    + (Files.exists(file) ? "it is no file" : "it does not exist") + "; give the config.json of a run");
        }
        JsonNode config;
        try {
            config = MAPPER.readValue(Files.readAllBytes(file), JsonNode.class);
        } catch (JsonProcessingException | CharConversionException wrong) {
            throw new InputException(name + " is not JSON; give the config.json of a run", wrong);
        } catch (IOException unreadable) {
            throw new InputException(name + " cannot be read; check its permissions", unreadable);
        }
        if (FORMAT.equals(config.path("format").textValue())
                && config.path("recipe").isObject()) {
            return config;
        }
        throw new InputException(
                name + " is not a config.json of format " + FORMAT + "; give the one in a run's folder");
    }

    /**
     * The recipe in a config.json that was read.
     *
     * @param name of the file, for messages
     * @throws InputException where it is none
     */
    public static Recipe recipe(JsonNode config, String name) {
        try {
            return Recipes.with(Recipe.DEFAULT, settings(config), true);
        } catch (InputException wrong) {
            throw new InputException(name + ": " + wrong.getMessage(), wrong);
        }
    }

    /** The settings in a config.json that was read, as they stand there. */
    public static Map<String, Object> settings(JsonNode config) {
        Map<String, Object> values = new LinkedHashMap<>();
        config.get("recipe").properties().forEach(entry -> values.put(entry.getKey(), plain(entry.getValue())));
        return values;
    }

    private static Object plain(JsonNode value) {
        return value.isNumber()
                ? value.numberValue()
                : value.isBoolean() ? (Object) value.booleanValue() : value.isTextual() ? value.textValue() : value;
    }

    /** What the launcher called the processes of the run of a config.json; empty where it does not say. */
    public static String launch(Path file) {
        try {
            return MAPPER.readTree(Files.readAllBytes(file)).at(LAUNCH).asText();
        } catch (IOException noConfig) {
            return "";
        }
    }

    /** The CPU threads that the run of a config.json used: other numbers round differently. None where it does not say. */
    public static OptionalInt threads(Path file) {
        try {
            int threads = MAPPER.readTree(Files.readAllBytes(file))
                    .at("/environment/threads")
                    .asInt(0);
            return threads > 0 ? OptionalInt.of(threads) : OptionalInt.empty();
        } catch (IOException noConfig) {
            return OptionalInt.empty();
        }
    }
}
