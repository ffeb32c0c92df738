package dynafilter.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/** JSON for people and programs: indented, and written as a whole or not at all. */
public final class JsonFile {
    private JsonFile() {}

    /**
     * Replaces the file by these values.
     *
     * @throws dynafilter.runtime.InputException when the file cannot be written; the old one is kept
     */
    public static void write(Path file, Map<String, ?> values) {
        // Made here and not kept: usage errors do not wait for Jackson.
        JsonMapper mapper =
                JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
        try {
            byte[] text = (mapper.writeValueAsString(values) + "\n").getBytes(StandardCharsets.UTF_8);
            AtomicFile.write(file, out -> out.write(text));
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
