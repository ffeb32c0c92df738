package dynafilter.serve;

import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** {@code POST /v2/models/NAME/infer}: tensors in, tensors out, as the Open Inference Protocol has them. */
final class InferEndpoint implements BodyEndpoint {
    private final String name;
    private final ModelFacts facts;
    private final int bodyLimit;
    private final TensorPictures pictures;
    private final InferRequestReader reader;

    InferEndpoint(ServeSettings settings, ModelFacts facts, Limits limits) {
        name = settings.name();
        this.facts = facts;
        bodyLimit = limits.tensorBody(settings.maxBatch(), facts.imageSize());
        pictures = new TensorPictures(facts.imageSize(), settings.maxBatch());
        reader = new InferRequestReader(pictures.mostNumbers());
    }

    @Override
    public int bodyLimit() {
        return bodyLimit;
    }

    @Override
    public CompletableFuture<Reply> answer(Call call, Batcher.Ticket ticket) {
        InferRequest request = request(call.body(), call.header(Protocol.JSON_LENGTH));
        List<InferRequest.Output> outputs = outputs(request);
        return ticket.submit(pictures.of(request.input()), false).thenApply(made -> reply(request.id(), outputs, made));
    }

    /** @param jsonLength of the body, where more follows the JSON; null: it is JSON; 0: it is pixels */
    private InferRequest request(byte[] body, @Nullable String jsonLength) {
        if (jsonLength == null) {
            return reader.read(body, body.length);
        }
        int length;
        try {
            length = Integer.parseInt(jsonLength.strip());
        } catch (NumberFormatException wrong) {
            length = -1;
        }
        if (length < 0 || length > body.length) {
            throw new Problem(
                    Problem.BAD,
                    "the header " + Protocol.JSON_LENGTH,
                    "is no number of bytes from 0 to the body's " + body.length,
                    "send the length of the JSON in front of the binary data");
        }
        return length == 0
                ? new InferRequest(null, pictures.ofPixels(body), List.of(), false)
                : reader.read(body, length);
    }

    /** The tensors of the answer. */
    private List<InferRequest.Output> outputs(InferRequest request) {
        List<String> all = Protocol.outputs(facts);
        if (request.outputs().isEmpty()) {
            return all.stream()
                    .map(output -> new InferRequest.Output(output, request.binary()))
                    .toList();
        }
        for (InferRequest.Output output : request.outputs()) {
            if (!all.contains(output.name())) {
                throw new Problem(
                        Problem.BAD,
                        "outputs",
                        "asks for another tensor than there is",
                        "ask for " + String.join(", ", all));
            }
        }
        return request.outputs();
    }

    private Reply reply(@Nullable String id, List<InferRequest.Output> outputs, List<Prediction> made) {
        if (!made.stream().allMatch(Prediction::isFinite)) {
            throw new Problem(
                    Problem.UNPROCESSABLE,
                    "inputs[0].data",
                    "leads to scores that are no numbers",
                    "send images normalised by the network's mean and deviation");
        }
        String known = Objects.requireNonNullElseGet(id, () -> UUID.randomUUID().toString());
        return new InferAnswer(made, facts.calibration()).reply(name, known, outputs);
    }
}
