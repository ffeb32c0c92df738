package dynafilter.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dynafilter.checkpoint.AtomicFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/** Writes {@code --json} files. */
final class JsonOutput {
    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private JsonOutput() {}

    /** @param file null where no file was asked for */
    static void write(Path file, Map<String, ?> result) {
        if (file == null) {
            return;
        }
        try {
            byte[] text = (MAPPER.writeValueAsString(result) + "\n").getBytes(StandardCharsets.UTF_8);
            AtomicFile.write(file, out -> out.write(text));
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
