package dynafilter.io;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** JSON for people and programs: indented, and written as a whole or not at all. */
public final class JsonFile {
    private JsonFile() {}

    /**
     * Replaces the file by these values.
     *
     * @param values a map, or a record that Jackson writes as an object
     * @throws dynafilter.io.OutputException where the file cannot be written; the old one is kept
     */
    public static void write(Path file, Object values) {
        byte[] text = (text(values) + "\n").getBytes(StandardCharsets.UTF_8);
        AtomicFile.write(file, out -> out.write(text));
    }

    /**
     * The values in a file.
     *
     * @throws InputException where it cannot be read or is no JSON object
     */
    public static Map<String, Object> read(Path file) {
        try {
            return parse(Files.readAllBytes(file), file.toString(), "restore the file, or delete it");
        } catch (NoSuchFileException missing) {
            throw new InputException(file + " does not exist", missing);
        } catch (IOException unreadable) {
            throw new InputException(file + " cannot be read; check its permissions", unreadable);
        }
    }

    /**
     * The values in a file; empty where it is not there, or is no JSON object.
     *
     * @throws InputException where it may not be read
     */
    public static Optional<Map<String, Object>> readWhole(Path file) {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        if (!Files.isReadable(file)) {
            throw new InputException(file + " cannot be read; check its permissions");
        }
        try {
            return Optional.of(read(file));
        } catch (InputException damaged) {
            return Optional.empty();
        }
    }

    /** The values as text, without an end of line. */
    public static String text(Object values) {
        // Made here and not kept: usage errors do not wait for Jackson.
        JsonMapper mapper =
                JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
        try {
            return mapper.writeValueAsString(values);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /**
     * The values in a text: maps keep their order.
     *
     * @param source for messages: where the text came from
     * @param remedy for messages: what to do about a wrong one
     * @throws InputException where it is no JSON object
     */
    @SuppressWarnings("unchecked") // JSON's keys are text
    public static Map<String, Object> parse(byte[] text, String source, String remedy) {
        try {
            if (new JsonMapper().readValue(text, Object.class) instanceof Map<?, ?> values) {
                return (Map<String, Object>) values;
            }
        } catch (IOException wrong) {
            throw new InputException(source + " is not JSON; " + remedy, wrong);
        }
        throw new InputException(source + " is not a JSON object; " + remedy);
    }
}
