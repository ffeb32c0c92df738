package dynafilter.serve;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The body of an inference request of the Open Inference Protocol, read without a tree of objects.
 *
 * @param id the client's name for the request; null where it has none
 * @param outputs the tensors that are asked for, in their order; empty: all
 */
record InferRequest(@Nullable String id, Input input, List<String> outputs) {
    private static final String WAY = "see the Open Inference Protocol: {\"inputs\": [{\"name\": \"image\", \"shape\":"
            + " [...], \"datatype\": \"UINT8\", \"data\": [...]}]}";
    private static final int DEEPEST = 8; // lists in lists

    /**
     * The one input tensor.
     *
     * @param data its elements, in the order of the shape
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Input(String name, String datatype, long[] shape, float[] data) {}

    /** The reader of such bodies. */
    static final class Reader {
        private final JsonFactory factory = JsonFactory.builder()
                .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
                .build();
        private final int mostNumbers;

        /** @param mostNumbers of a tensor */
        Reader(int mostNumbers) {
            this.mostNumbers = mostNumbers;
        }

        /** @throws Problem where the body is no such request */
        InferRequest read(byte[] body) {
            try (JsonParser json = factory.createParser(body)) {
                return read(json);
            } catch (JsonProcessingException wrong) {
                throw problem(
                        "the body",
                        "is no JSON at byte " + Math.max(0, wrong.getLocation().getByteOffset()));
            } catch (IOException wrong) { // bytes that are no text
                throw problem("the body", "is no text in UTF-8");
            }
        }

        private InferRequest read(JsonParser json) throws IOException {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw problem("the body", "is no JSON object");
            }
            String id = null;
            Input input = null;
            List<String> outputs = List.of();
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String field = json.currentName();
                json.nextToken();
                switch (field) {
                    case "id" -> id = text(json, "id");
                    case "inputs" -> input = input(json);
                    case "outputs" -> outputs = outputs(json);
                    default -> json.skipChildren(); // parameters, of which none are known
                }
            }
            if (json.nextToken() != null) {
                throw problem("the body", "goes on behind its JSON object");
            }
            if (input == null) {
                throw problem("the body", "has no inputs");
            }
            return new InferRequest(id, input, outputs);
        }

        private Input input(JsonParser json) throws IOException {
            requireArray(json, "inputs");
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw problem("inputs", "has no tensor");
            }
            String name = null;
            String datatype = null;
            long[] shape = null;
            float[] data = null;
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String field = json.currentName();
                json.nextToken();
                switch (field) {
                    case "name" -> name = text(json, "inputs[0].name");
                    case "datatype" -> datatype = text(json, "inputs[0].datatype");
                    case "shape" -> shape = shape(json);
                    case "data" -> data = data(json);
                    default -> json.skipChildren();
                }
            }
            if (json.nextToken() != JsonToken.END_ARRAY) {
                throw problem("inputs", "has more than one tensor");
            }
            return new Input(
                    required(name, "name"),
                    required(datatype, "datatype"),
                    required(shape, "shape"),
                    required(data, "data"));
        }

        private static <T> T required(@Nullable T value, String field) {
            if (value == null) {
                throw problem("inputs[0]", "has no " + field + ", as JSON");
            }
            return value;
        }

        private static List<String> outputs(JsonParser json) throws IOException {
            requireArray(json, "outputs");
            List<String> names = new ArrayList<>();
            while (json.nextToken() != JsonToken.END_ARRAY) {
                if (json.currentToken() != JsonToken.START_OBJECT) {
                    throw problem("outputs[" + names.size() + "]", "is no JSON object");
                }
                String name = null;
                while (json.nextToken() != JsonToken.END_OBJECT) {
                    boolean isName = Objects.equals(json.currentName(), "name");
                    json.nextToken();
                    if (isName) {
                        name = text(json, "outputs[" + names.size() + "].name");
                    } else {
                        json.skipChildren();
                    }
                }
                if (name == null || names.contains(name)) {
                    throw problem("outputs[" + names.size() + "]", name == null ? "has no name" : "is asked for twice");
                }
                names.add(name);
            }
            return List.copyOf(names);
        }

        private static long[] shape(JsonParser json) throws IOException {
            requireArray(json, "inputs[0].shape");
            List<Long> shape = new ArrayList<>();
            while (json.nextToken() != JsonToken.END_ARRAY) {
                if (json.currentToken() != JsonToken.VALUE_NUMBER_INT
                        || json.getNumberType() != JsonParser.NumberType.INT
                        || json.getIntValue() < 0
                        || shape.size() >= DEEPEST) {
                    throw problem("inputs[0].shape", "is no list of a few whole numbers");
                }
                shape.add(json.getLongValue());
            }
            return shape.stream().mapToLong(Long::longValue).toArray();
        }

        /** Numbers in one list, or in lists in lists, as the protocol allows both. */
        private float[] data(JsonParser json) throws IOException {
            requireArray(json, "inputs[0].data");
            float[] data = new float[1 << 10];
            int count = 0;
            int depth = 1;
            while (depth > 0) {
                JsonToken token = json.nextToken();
                if (token == JsonToken.START_ARRAY && depth < DEEPEST) {
                    depth++;
                } else if (token == JsonToken.END_ARRAY) {
                    depth--;
                } else if (token == JsonToken.VALUE_NUMBER_INT || token == JsonToken.VALUE_NUMBER_FLOAT) {
                    if (count == mostNumbers) {
                        throw new Problem(
                                Problem.TOO_LARGE,
                                "inputs[0].data",
                                "has more than " + mostNumbers + " numbers",
                                "send fewer images at once, or start the server with a larger --max-batch");
                    }
                    data = count < data.length ? data : Arrays.copyOf(data, (int) Math.min(2L * count, mostNumbers));
                    data[count] = (float) json.getDoubleValue();
                    if (!Float.isFinite(data[count])) {
                        throw problem("inputs[0].data[" + count + "]", "is too large for float32");
                    }
                    count++;
                } else {
                    throw problem("inputs[0].data", "has something at " + count + " that is no number");
                }
            }
            return Arrays.copyOf(data, count);
        }

        private static void requireArray(JsonParser json, String where) {
            if (json.currentToken() != JsonToken.START_ARRAY) {
                throw problem(where, "is no list");
            }
        }

        private static String text(JsonParser json, String where) throws IOException {
            if (json.currentToken() != JsonToken.VALUE_STRING) {
                throw problem(where, "is no text");
            }
            return json.getText();
        }

        private static Problem problem(String where, String what) {
            return new Problem(Problem.BAD, where, what, WAY);
        }
    }
}
