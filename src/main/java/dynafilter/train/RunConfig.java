package dynafilter.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dynafilter.checkpoint.AtomicFile;
import dynafilter.runtime.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** {@code config.json}: the recipe of a run and all it was run with. */
public final class RunConfig {
    private static final String FORMAT = "dynafilter-config/1";
    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

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
        try {
            byte[] text = (MAPPER.writeValueAsString(config) + "\n").getBytes(StandardCharsets.UTF_8);
            AtomicFile.write(file, out -> out.write(text));
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /**
     * The recipe in a config.json.
     *
     * @throws InputException where the file cannot be read or is none
     */
    public static Recipe read(Path file) {
        Map<String, Object> config;
        try {
            config = MAPPER.readValue(Files.readString(file), new TypeReference<>() {});
        } catch (JsonProcessingException wrong) {
            throw new InputException("--config " + file + " is not JSON: " + wrong.getOriginalMessage(), wrong);
        } catch (IOException unreadable) {
            throw new InputException(
                    "--config " + file + " cannot be read ("
                            + unreadable.getClass().getSimpleName() + "); give the config.json of a run",
                    unreadable);
        }
        if (config != null && FORMAT.equals(config.get("format")) && config.get("recipe") instanceof Map<?, ?> recipe) {
            Map<String, Object> values = new LinkedHashMap<>();
            recipe.forEach((name, value) -> values.put(String.valueOf(name), value));
            return Recipes.with(Recipe.DEFAULT, values, true);
        }
        throw new InputException(
                "--config " + file + " is not a config.json of format " + FORMAT + "; give the one in a run's folder");
    }
}
