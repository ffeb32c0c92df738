package dynafilter.io;

import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * JSON documents for people and programs: indented, and written as a whole or not at all. A document is a record, whose
 * components have snake_case names in JSON, or a map. A {@code double} that is NaN or infinite is {@code null} in JSON; read
 * back, and where it is missing, it is NaN. An enum's constant is its text.
 */
public final class JsonFile {
    /** Made with the first document and not before: usage errors do not wait for Jackson. */
    private static final class Mapper {
        private static final JsonMapper JSON = JsonMapper.builder()
                .propertyNamingStrategy(new SnakeCaseStrategy())
                .visibility(PropertyAccessor.IS_GETTER, Visibility.NONE) // a question about a record is no part of it
                .enable(SerializationFeature.INDENT_OUTPUT, SerializationFeature.WRITE_ENUMS_USING_TO_STRING)
                .enable(DeserializationFeature.READ_ENUMS_USING_TO_STRING)
                .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .addModule(JsonValues.module())
                .addHandler(new JsonValues.PassOver())
                .build();
    }

    private JsonFile() {}

    /**
     * Replaces the file by a document.
     *
     * @param document a map, or a record that Jackson writes as an object
     * @throws dynafilter.io.OutputException where the file cannot be written; the old one is kept
     */
    public static void write(Path file, Object document) {
        byte[] text = (text(document) + "\n").getBytes(StandardCharsets.UTF_8);
        AtomicFile.write(file, out -> out.write(text));
    }

    /** A document as text, without an end of line. */
    public static String text(Object document) {
        try {
            return Mapper.JSON.writeValueAsString(document);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** A document on one line, for the data that a page's script reads. */
    public static String line(Object document) {
        try {
            return Mapper.JSON
                    .writer()
                    .without(SerializationFeature.INDENT_OUTPUT)
                    .writeValueAsString(document);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** A document's values by their names in JSON, in their order. */
    public static Map<String, Object> values(Object document) {
        return Mapper.JSON.convertValue(document, new TypeReference<Map<String, Object>>() {});
    }

    /** The names that a document's values have in JSON, in their order. */
    public static List<String> names(Class<? extends Record> document) {
        return Arrays.stream(document.getRecordComponents())
                .map(component -> new SnakeCaseStrategy().translate(component.getName()))
                .toList();
    }

    /**
     * Parses a document. Names that the document does not have are ignored; a value of another kind than the document's
     * counts as missing.
     *
     * @return the document; empty where the text is JSON of another shape
     * @throws JsonProcessingException or {@link java.io.CharConversionException} where the text is not JSON
     */
    public static <T> Optional<T> parse(byte[] text, Class<T> type) throws IOException {
        try {
            return Optional.ofNullable(Mapper.JSON.readValue(text, type));
        } catch (MismatchedInputException other) {
            if (new String(text, StandardCharsets.UTF_8).isBlank()) {
                throw other; // without a value it is no JSON
            }
            return Optional.empty();
        }
    }

    /**
     * Parses a document.
     *
     * @param source the text's origin, for messages
     * @param remedy the way out where the text is wrong, for messages
     * @throws InputException where the text is not a JSON object
     */
    public static <T> T parse(byte[] text, Class<T> type, String source, String remedy) {
        try {
            return parse(text, type).orElseThrow(() -> new InputException(source + " is not a JSON object; " + remedy));
        } catch (IOException wrong) {
            throw new InputException(source + " is not JSON; " + remedy, wrong);
        }
    }

    /**
     * Parses the values of a document by their names in JSON; maps keep their order.
     *
     * @see #parse(byte[], Class, String, String)
     */
    @SuppressWarnings("unchecked") // JSON's keys are text
    public static Map<String, Object> parse(byte[] text, String source, String remedy) {
        return parse(text, Map.class, source, remedy);
    }

    /**
     * Reads a document from a file.
     *
     * @throws InputException where the file cannot be read or is not a JSON object
     */
    public static <T> T read(Path file, Class<T> type) {
        try {
            return parse(Files.readAllBytes(file), type, file.toString(), "restore the file, or delete it");
        } catch (NoSuchFileException missing) {
            throw new InputException(file + " does not exist", missing);
        } catch (IOException unreadable) {
            throw new InputException(file + " cannot be read; check its permissions", unreadable);
        }
    }

    /**
     * Reads a document's values by their names in JSON from a file.
     *
     * @see #read(Path, Class)
     */
    @SuppressWarnings("unchecked") // JSON's keys are text
    public static Map<String, Object> read(Path file) {
        return read(file, Map.class);
    }

    /**
     * Reads a document from a file that may be missing or damaged.
     *
     * @return the document; empty where the file does not exist, or is not a JSON object
     * @throws InputException where the file's permissions forbid reading it
     */
    public static <T> Optional<T> readWhole(Path file, Class<T> type) {
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        if (!Files.isReadable(file)) {
            throw new InputException(file + " cannot be read; check its permissions");
        }
        try {
            return Optional.of(read(file, type));
        } catch (InputException damaged) {
            return Optional.empty();
        }
    }
}
