package dynafilter.serve;

import com.fasterxml.jackson.annotation.JsonInclude;
import dynafilter.io.JsonFile;
import dynafilter.model.Calibration;
import dynafilter.model.Scores;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The answer to an inference request: tensors of what the network says, in JSON or, little-endian, behind it. */
final class InferAnswer {
    /**
     * A tensor of the answer.
     *
     * @param parameters what is to be known of data behind the JSON; null where the data are here
     * @param data float[] or boolean[]; null where they are behind the JSON
     */
    @SuppressWarnings("ArrayRecordComponent") // written out; compared by nobody
    private record Output(
            String name,
            String datatype,
            int[] shape,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            Map<String, Integer> parameters,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            Object data) {}

    /** The answer's JSON. */
    private record Document(String modelName, String modelVersion, String id, List<Output> outputs) {}

    /**
     * A tensor that can be answered.
     *
     * @param data float[] or boolean[]
     * @param bytes makes the same of it, little-endian
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    private record Tensor(String datatype, int[] shape, Object data, Supplier<byte[]> bytes) {
        static Tensor of(int[] shape, float[] numbers) {
            return new Tensor(Protocol.NORMALISED, shape, numbers, () -> {
                ByteBuffer bytes =
                        ByteBuffer.allocate(numbers.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                bytes.asFloatBuffer().put(numbers);
                return bytes.array();
            });
        }

        static Tensor of(int[] shape, boolean[] flags) {
            return new Tensor(Protocol.BOOLEAN, shape, flags, () -> {
                byte[] bytes = new byte[flags.length];
                for (int i = 0; i < flags.length; i++) {
                    bytes[i] = (byte) (flags[i] ? 1 : 0);
                }
                return bytes;
            });
        }
    }

    private final Map<String, Tensor> tensors; // by their names

    /** @param made of each picture */
    InferAnswer(List<Prediction> made, Calibration calibration) {
        int count = made.size();
        int labels = made.get(0).scores().length;
        float[] scores = new float[count * labels];
        float[] probabilities = new float[count * labels];
        boolean[] rejected = new boolean[count];
        for (int i = 0; i < count; i++) {
            Scores of = new Scores(made.get(i).scores());
            double[] shares = calibration.probabilities(of);
            rejected[i] = calibration.rejects(shares[of.predicted()]);
            System.arraycopy(made.get(i).scores(), 0, scores, i * labels, labels);
            for (int label = 0; label < labels; label++) {
                probabilities[i * labels + label] = (float) shares[label];
            }
        }
        int[] shape = {count, labels};
        tensors = Map.of(
                Protocol.SCORES, Tensor.of(shape, scores),
                Protocol.PROBABILITIES, Tensor.of(shape, probabilities),
                Protocol.REJECTED, Tensor.of(new int[] {count}, rejected));
    }

    /**
     * The answer, with the tensors in their order.
     *
     * @param model the network's name
     * @param id of the request
     */
    Reply reply(String model, String id, List<InferRequest.Output> wanted) {
        List<Output> outputs = new ArrayList<>();
        ByteArrayOutputStream behind = new ByteArrayOutputStream();
        for (InferRequest.Output output : wanted) {
            Tensor tensor = Objects.requireNonNull(tensors.get(output.name()));
            Map<String, Integer> parameters = null;
            if (output.binary()) {
                byte[] bytes = tensor.bytes().get();
                behind.writeBytes(bytes);
                parameters = Map.of(Protocol.BINARY_SIZE, bytes.length);
            }
            Object data = output.binary() ? null : tensor.data();
            outputs.add(new Output(output.name(), tensor.datatype(), tensor.shape(), parameters, data));
        }
        Document document = new Document(model, Protocol.VERSION, id, outputs);
        if (wanted.stream().noneMatch(InferRequest.Output::binary)) {
            return Reply.json(Reply.OK, document);
        }
        byte[] json = JsonFile.line(document).getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(json);
        body.writeBytes(behind.toByteArray());
        return Reply.binary(body.toByteArray()).with(Map.of(Protocol.JSON_LENGTH, String.valueOf(json.length)));
    }
}
