package dynafilter.train;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dynafilter.runtime.InputException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Recipes as plain values by name: what checkpoints, config.json and the command line exchange. */
public final class Recipes {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(SerializationFeature.WRITE_ENUMS_USING_TO_STRING)
            .enable(DeserializationFeature.READ_ENUMS_USING_TO_STRING)
            .build();

    private Recipes() {}

    /** The recipe's values by name, names with underscores. */
    public static Map<String, Object> toMap(Recipe recipe) {
        return MAPPER.convertValue(recipe, new TypeReference<LinkedHashMap<String, Object>>() {});
    }

    /**
     * The recipe {@code base} with some values replaced.
     *
     * @param strict whether a name that is no part of a recipe is an error; otherwise it is passed over
     * @throws InputException for a value of the wrong type or out of range
     */
    public static Recipe with(Recipe base, Map<String, ?> values, boolean strict) {
        Map<String, Object> merged = toMap(base);
        values.forEach((name, value) -> {
            if (strict || merged.containsKey(name)) {
                merged.put(name, value);
            }
        });
        try {
            return MAPPER.convertValue(merged, Recipe.class);
        } catch (IllegalArgumentException wrong) {
            throw explained(wrong);
        }
    }

    private static InputException explained(IllegalArgumentException wrong) {
        Throwable cause = wrong;
        while (cause.getCause() != null && cause.getCause() != cause) {
            cause = cause.getCause();
        }
        if (cause instanceof InputException input) {
            return input;
        }
        if (wrong.getCause() instanceof UnrecognizedPropertyException unknown) {
            return new InputException("a recipe has no '" + unknown.getPropertyName() + "'", wrong);
        }
        return new InputException(
                "the recipe cannot be read: "
                        + cause.getMessage().lines().findFirst().orElse(""),
                wrong);
    }
}
