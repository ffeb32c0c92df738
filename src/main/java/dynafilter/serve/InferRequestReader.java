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
import org.jspecify.annotations.Nullable;

/**
 * The reader of inference requests, which makes no tree of objects of the numbers: they may stand in the JSON, or behind it as the
 * binary tensor data extension has them (triton-inference-server/server, docs/protocol/extension_binary_data.md).
 */
final class InferRequestReader {
    private static final String WAY = "see the Open Inference Protocol: {\"inputs\": [{\"name\": \"image\", \"shape\":"
            + " [...], \"datatype\": \"UINT8\", \"data\": [...]}]}";
    private static final String BINARY_WAY = "set \"binary_data_size\" to the bytes behind the JSON, and the header "
            + Protocol.JSON_LENGTH + " to the JSON's own";
    private static final String PARAMETERS = "parameters";
    private static final String BINARY_SIZE = "inputs[0].parameters." + Protocol.BINARY_SIZE; // where it stands
    private static final int DEEPEST = 8; // lists in lists

    private final JsonFactory factory = JsonFactory.builder()
            .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
            .build();
    private final int mostNumbers;

    /** @param mostNumbers of a tensor */
    InferRequestReader(int mostNumbers) {
        this.mostNumbers = mostNumbers;
    }

    /** What the JSON says of the input tensor: its numbers, or how many bytes of them follow. */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    private record Declared(
            String name,
            String datatype,
            long[] shape,
            float @Nullable [] numbers,
            @Nullable Integer binarySize) {}

    /** An output that is asked for; null: as the request says of all. */
    private record Wish(String name, @Nullable Boolean binary) {}

    /**
     * Reads a request.
     *
     * @param jsonLength the bytes of the body's JSON; what follows is binary
     * @throws Problem where the body is no such request
     */
    InferRequest read(byte[] body, int jsonLength) {
        try (JsonParser json = factory.createParser(body, 0, jsonLength)) {
            return read(json, body, jsonLength);
        } catch (JsonProcessingException wrong) {
            throw problem(
                    "the body",
                    "is no JSON at byte " + Math.max(0, wrong.getLocation().getByteOffset()));
        } catch (IOException wrong) { // bytes that are no text
            throw problem("the body", "is no text in UTF-8");
        }
    }

    private InferRequest read(JsonParser json, byte[] body, int jsonLength) throws IOException {
        if (json.nextToken() != JsonToken.START_OBJECT) {
            throw problem("the body", "is no JSON object");
        }
        String id = null;
        Declared input = null;
        List<Wish> wishes = List.of();
        Boolean wished = null;
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String field = json.currentName();
            json.nextToken();
            switch (field) {
                case "id" -> id = text(json, "id");
                case "inputs" -> input = input(json);
                case "outputs" -> wishes = wishes(json);
                case PARAMETERS ->
                    wished = truth(parameter(json, "binary_data_output"), "parameters.binary_data_output");
                default -> json.skipChildren();
            }
        }
        if (json.nextToken() != null) {
            throw problem("the body", "goes on behind its JSON object");
        }
        if (input == null) {
            throw problem("the body", "has no inputs");
        }
        boolean binary = wished != null && wished;
        return new InferRequest(
                id,
                new InferRequest.Input(input.name(), input.datatype(), input.shape(), data(input, body, jsonLength)),
                wishes.stream()
                        .map(wish ->
                                new InferRequest.Output(wish.name(), wish.binary() == null ? binary : wish.binary()))
                        .toList(),
                binary);
    }

    private static TensorData data(Declared input, byte[] body, int jsonLength) {
        int behind = body.length - jsonLength;
        Integer size = input.binarySize();
        if (input.numbers() != null && size == null) {
            if (behind > 0) {
                throw new Problem(
                        Problem.BAD,
                        "the body",
                        "has " + behind + " bytes behind its JSON that belong to no tensor",
                        BINARY_WAY);
            }
            return TensorData.of(input.numbers());
        }
        if (size == null) {
            throw problem("inputs[0]", "has no data");
        }
        if (input.numbers() != null) {
            throw new Problem(
                    Problem.BAD,
                    "inputs[0]",
                    "has data and a binary_data_size",
                    "send its numbers once, in one of the two ways");
        }
        if (size != behind) {
            throw new Problem(
                    Problem.BAD, BINARY_SIZE, "is " + size + ", but " + behind + " bytes follow the JSON", BINARY_WAY);
        }
        return TensorData.of(body, jsonLength);
    }

    private Declared input(JsonParser json) throws IOException {
        requireArray(json, "inputs");
        if (json.nextToken() != JsonToken.START_OBJECT) {
            throw problem("inputs", "has no tensor");
        }
        String name = null;
        String datatype = null;
        long[] shape = null;
        float[] numbers = null;
        Integer binarySize = null;
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String field = json.currentName();
            json.nextToken();
            switch (field) {
                case "name" -> name = text(json, "inputs[0].name");
                case "datatype" -> datatype = text(json, "inputs[0].datatype");
                case "shape" -> shape = shape(json);
                case "data" -> numbers = numbers(json);
                case PARAMETERS -> binarySize = size(parameter(json, Protocol.BINARY_SIZE));
                default -> json.skipChildren();
            }
        }
        if (json.nextToken() != JsonToken.END_ARRAY) {
            throw problem("inputs", "has more than one tensor");
        }
        return new Declared(
                required(name, "name"), required(datatype, "datatype"), required(shape, "shape"), numbers, binarySize);
    }

    private static <T> T required(@Nullable T value, String field) {
        if (value == null) {
            throw problem("inputs[0]", "has no " + field);
        }
        return value;
    }

    private static List<Wish> wishes(JsonParser json) throws IOException {
        requireArray(json, "outputs");
        List<Wish> wishes = new ArrayList<>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            String where = "outputs[" + wishes.size() + "]";
            if (json.currentToken() != JsonToken.START_OBJECT) {
                throw problem(where, "is no JSON object");
            }
            String name = null;
            Boolean binary = null;
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String field = json.currentName();
                json.nextToken();
                switch (field) {
                    case "name" -> name = text(json, where + ".name");
                    case PARAMETERS ->
                        binary = truth(parameter(json, "binary_data"), where + ".parameters.binary_data");
                    default -> json.skipChildren();
                }
            }
            if (name == null) {
                throw problem(where, "has no name");
            }
            String asked = name;
            if (wishes.stream().anyMatch(wish -> wish.name().equals(asked))) {
                throw problem(where, "is asked for twice");
            }
            wishes.add(new Wish(name, binary));
        }
        return List.copyOf(wishes);
    }

    /** One of the parameters, an Integer, a Boolean or, where it is neither, its text; null where it is not among them. */
    private static @Nullable Object parameter(JsonParser json, String name) throws IOException {
        Object value = null;
        if (json.currentToken() != JsonToken.START_OBJECT) {
            throw problem(PARAMETERS, "are no JSON object");
        }
        while (json.nextToken() != JsonToken.END_OBJECT) {
            boolean isWanted = name.equals(json.currentName());
            JsonToken token = json.nextToken();
            if (isWanted && token == JsonToken.VALUE_NUMBER_INT && json.getNumberType() == JsonParser.NumberType.INT) {
                value = json.getIntValue();
            } else if (isWanted) {
                value = token.isBoolean() ? (Object) json.getBooleanValue() : json.getText();
            }
            json.skipChildren();
        }
        return value;
    }

    private static @Nullable Boolean truth(@Nullable Object parameter, String where) {
        if (parameter == null || parameter instanceof Boolean) {
            return (Boolean) parameter;
        }
        throw problem(where, "is neither true nor false");
    }

    private static @Nullable Integer size(@Nullable Object parameter) {
        if (parameter == null || parameter instanceof Integer) {
            return (Integer) parameter;
        }
        throw new Problem(Problem.BAD, BINARY_SIZE, "is no whole number of bytes", BINARY_WAY);
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

    /** Numbers in one list, or in lists in lists, as the protocol allows both; what is too large for float32 is infinite. */
    private float[] numbers(JsonParser json) throws IOException {
        requireArray(json, "inputs[0].data");
        float[] numbers = new float[1 << 10];
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
                numbers = count < numbers.length
                        ? numbers
                        : Arrays.copyOf(numbers, (int) Math.min(2L * count, mostNumbers));
                numbers[count] = (float) json.getDoubleValue();
                count++;
            } else {
                throw problem("inputs[0].data", "has something at " + count + " that is no number");
            }
        }
        return Arrays.copyOf(numbers, count);
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
