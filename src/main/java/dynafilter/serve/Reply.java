package dynafilter.serve;

import dynafilter.io.JsonFile;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An answer to a request.
 *
 * @param status of HTTP
 * @param type the media type of the body
 * @param headers beside that
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
record Reply(int status, String type, byte[] body, Map<String, String> headers) {
    static final int OK = 200;

    /** A document as JSON. */
    static Reply json(int status, Object document) {
        byte[] body = (JsonFile.line(document) + "\n").getBytes(StandardCharsets.UTF_8);
        return new Reply(status, "application/json", body, Map.of());
    }

    /** A text of some type. */
    static Reply text(String type, String text) {
        return new Reply(OK, type + "; charset=utf-8", text.getBytes(StandardCharsets.UTF_8), Map.of());
    }

    /** Bytes. */
    static Reply binary(byte[] body) {
        return new Reply(OK, "application/octet-stream", body, Map.of());
    }

    /** The same answer with further headers. */
    Reply with(Map<String, String> more) {
        Map<String, String> all = new LinkedHashMap<>(headers);
        all.putAll(more);
        return new Reply(status, type, body, all);
    }
}
