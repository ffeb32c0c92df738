package dynafilter.checkpoint.onnx;

import dynafilter.checkpoint.translation.Shaped;
import dynafilter.io.ProtoMessage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A graph of ONNX operators under construction, and its file's messages: the numbers of the fields are those of onnx.proto. */
final class OnnxGraph {
    /** The type of a tensor's elements, by its number in onnx.proto. */
    enum Type {
        FLOAT(1, Float.BYTES),
        UINT8(2, 1),
        INT64(7, Long.BYTES);

        private final int number;
        private final int bytes;

        Type(int number, int bytes) {
            this.number = number;
            this.bytes = bytes;
        }

        int number() {
            return number;
        }
    }

    /** The size of a batch, as a dimension of inputs and outputs. */
    static final long BATCH = Shaped.BATCH;

    private static final int IR_VERSION = 8; // read by all runtimes since 2021
    private static final int FLOAT_ATTRIBUTE = 1; // AttributeProto.AttributeType
    private static final int INT_ATTRIBUTE = 2;
    private static final int INTS_ATTRIBUTE = 7;

    /** An operator of the graph. */
    private record Node(String operator, List<String> inputs, String output, Map<String, Object> attributes) {}

    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, ProtoMessage> initializers = new LinkedHashMap<>();
    private final List<ProtoMessage> inputs = new ArrayList<>();
    private final List<ProtoMessage> outputs = new ArrayList<>();
    private final Map<String, String> outputNames = new HashMap<>(); // by the names that operators have for them
    private long weightBytes;

    /**
     * Adds an operator with one output.
     *
     * @param inputs names; an empty one stands for an input that is left out
     * @param attributes Integer, Float or long[] by name
     * @return the output's name
     */
    String node(String operator, List<String> inputs, Map<String, Object> attributes) {
        String output = operator.toLowerCase(Locale.ROOT) + "_" + nodes.size();
        nodes.add(new Node(operator, inputs, output, attributes));
        return output;
    }

    String node(String operator, String... inputs) {
        return node(operator, List.of(inputs), Map.of());
    }

    /**
     * Makes a value an output of the graph.
     *
     * @param value the value's name so far
     * @param name its name from now on
     */
    void output(String value, String name, long... shape) {
        outputNames.put(value, name);
        outputs.add(value(name, Type.FLOAT, shape));
    }

    /** Adds an input of the graph. */
    void input(String name, Type type, long... shape) {
        inputs.add(value(name, type, shape));
    }

    /**
     * Adds a constant tensor; one of this name that was added before is the same.
     *
     * @param littleEndian the elements, row by row
     * @return the name
     */
    String initializer(String name, Type type, byte[] littleEndian, long... shape) {
        long elements = Arrays.stream(shape).reduce(1, Math::multiplyExact);
        if (elements * type.bytes != littleEndian.length) {
            throw new IllegalArgumentException(
                    name + " " + Arrays.toString(shape) + ": " + littleEndian.length + " bytes");
        }
        initializers.computeIfAbsent(name, added -> {
            weightBytes += littleEndian.length;
            ProtoMessage tensor = new ProtoMessage();
            for (long size : shape) {
                tensor.integer(1, size);
            }
            return tensor.integer(2, type.number).text(8, name).bytes(9, littleEndian);
        });
        return name;
    }

    /** A constant tensor [values], named after what it holds. */
    String constant(float... values) {
        ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            bytes.putFloat(value);
        }
        return initializer("numbers " + Arrays.toString(values), Type.FLOAT, bytes.array(), values.length);
    }

    /** A constant number, a tensor without dimensions. */
    String scalar(double value) {
        byte[] bytes = ByteBuffer.allocate(Float.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat((float) value)
                .array();
        return initializer("number " + (float) value, Type.FLOAT, bytes);
    }

    /** A constant tensor [sizes] of whole numbers, as shapes and axes are given. */
    String sizes(long... sizes) {
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES * sizes.length).order(ByteOrder.LITTLE_ENDIAN);
        for (long size : sizes) {
            bytes.putLong(size);
        }
        return initializer("sizes " + Arrays.toString(sizes), Type.INT64, bytes.array(), sizes.length);
    }

    /** The bytes of all constants, which a file has to hold. */
    long weightBytes() {
        return weightBytes;
    }

    /**
     * The bytes of the graph's file, a ModelProto.
     *
     * @param opset the version of the operators
     * @param metadata what else the file says, by name
     */
    byte[] toFile(String name, int opset, String producer, String producerVersion, Map<String, String> metadata) {
        ProtoMessage graph = new ProtoMessage();
        nodes.forEach(node -> graph.message(1, message(node)));
        graph.text(2, name);
        initializers.values().forEach(tensor -> graph.message(5, tensor));
        inputs.forEach(input -> graph.message(11, input));
        outputs.forEach(output -> graph.message(12, output));
        ProtoMessage model = new ProtoMessage()
                .integer(1, IR_VERSION)
                .text(2, producer)
                .text(3, producerVersion)
                .integer(5, 1)
                .message(7, graph)
                .message(8, new ProtoMessage().text(1, "").integer(2, opset));
        metadata.forEach((key, value) ->
                model.message(14, new ProtoMessage().text(1, key).text(2, value)));
        return model.toBytes();
    }

    private ProtoMessage message(Node node) {
        ProtoMessage message = new ProtoMessage();
        node.inputs.forEach(input -> message.text(1, outputNames.getOrDefault(input, input)));
        message.text(2, outputNames.getOrDefault(node.output, node.output))
                .text(3, node.output)
                .text(4, node.operator);
        node.attributes.forEach((name, value) -> message.message(5, attribute(name, value)));
        return message;
    }

    private static ProtoMessage attribute(String name, Object value) {
        ProtoMessage message = new ProtoMessage().text(1, name);
        if (value instanceof Integer number) {
            return message.integer(3, number).integer(20, INT_ATTRIBUTE);
        }
        if (value instanceof Float number) {
            return message.real32(2, number).integer(20, FLOAT_ATTRIBUTE);
        }
        for (long number : (long[]) value) {
            message.integer(8, number);
        }
        return message.integer(20, INTS_ATTRIBUTE);
    }

    /** @param shape the first dimension may be {@link #BATCH} */
    private static ProtoMessage value(String name, Type type, long... shape) {
        ProtoMessage dimensions = new ProtoMessage();
        for (long size : shape) {
            ProtoMessage dimension = new ProtoMessage();
            dimensions.message(1, size == BATCH ? dimension.text(2, "N") : dimension.integer(1, size));
        }
        ProtoMessage tensor = new ProtoMessage().integer(1, type.number).message(2, dimensions);
        return new ProtoMessage().text(1, name).message(2, new ProtoMessage().message(1, tensor));
    }
}
