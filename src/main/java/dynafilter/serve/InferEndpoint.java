package dynafilter.serve;

import dynafilter.model.Scores;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** {@code POST /v2/models/NAME/infer}: tensors in, tensors out, as the Open Inference Protocol has them. */
final class InferEndpoint implements BodyEndpoint {
    private static final int CHANNELS = 3;
    private static final int WHITE = 255;

    /**
     * A tensor of the answer.
     *
     * @param data float[] or boolean[]
     */
    @SuppressWarnings("ArrayRecordComponent") // written out; compared by nobody
    record Output(String name, String datatype, int[] shape, Object data) {}

    /** The answer. */
    record Answer(String modelName, String modelVersion, String id, List<Output> outputs) {}

    private final String name;
    private final ModelFacts facts;
    private final int maxBatch;
    private final int bodyLimit;
    private final InferRequest.Reader reader;
    private final Executor answers;

    /** @param answers writes answers */
    InferEndpoint(ServeSettings settings, ModelFacts facts, Limits limits, Executor answers) {
        name = settings.name();
        this.facts = facts;
        this.answers = answers;
        maxBatch = settings.maxBatch();
        bodyLimit = limits.tensorBody(maxBatch, facts.imageSize());
        reader = new InferRequest.Reader(Math.multiplyExact(maxBatch, numbers()));
    }

    /** The numbers of an image. */
    private int numbers() {
        return CHANNELS * facts.imageSize() * facts.imageSize();
    }

    @Override
    public int bodyLimit() {
        return bodyLimit;
    }

    @Override
    public CompletableFuture<Reply> answer(Call call, Batcher.Ticket ticket) {
        InferRequest request = reader.read(call.body());
        for (String output : request.outputs()) {
            if (!Protocol.outputs(facts).contains(output)) {
                throw new Problem(
                        Problem.BAD,
                        "outputs",
                        "asks for another tensor than there is",
                        "ask for " + String.join(", ", Protocol.outputs(facts)));
            }
        }
        List<? extends Picture> pictures = pictures(request.input());
        return ticket.submit(pictures, false).thenApplyAsync(made -> reply(request, made), answers);
    }

    private List<? extends Picture> pictures(InferRequest.Input input) {
        if (!input.name().equals(Protocol.INPUT)) {
            throw bad("inputs[0].name", "is not " + Protocol.INPUT);
        }
        boolean isPixels = input.datatype().equals(Protocol.PIXELS);
        if (!isPixels && !input.datatype().equals(Protocol.NORMALISED)) {
            throw bad("inputs[0].datatype", "is neither " + Protocol.PIXELS + " nor " + Protocol.NORMALISED);
        }
        int size = facts.imageSize();
        long[] shape = input.shape();
        long[] expected = isPixels ? new long[] {0, size, size, CHANNELS} : new long[] {0, CHANNELS, size, size};
        if (shape.length != expected.length || !Arrays.equals(shape, 1, 4, expected, 1, 4)) {
            throw bad("inputs[0].shape", "is not that of " + input.datatype() + " images of this network");
        }
        if (shape[0] < 1 || shape[0] > maxBatch) {
            throw bad("inputs[0].shape", "has " + shape[0] + " images; 1 to " + maxBatch + " are taken at once");
        }
        if (input.data().length != shape[0] * numbers()) {
            throw bad("inputs[0].data", "has " + input.data().length + " numbers, which are not those of the shape");
        }
        List<Picture> pictures = new ArrayList<>();
        for (int from = 0; from < input.data().length; from += numbers()) {
            float[] image = Arrays.copyOfRange(input.data(), from, from + numbers());
            pictures.add(isPixels ? new Picture.Pixels(planes(image, from)) : new Picture.Normalised(image));
        }
        return pictures;
    }

    private Problem bad(String where, String what) {
        int size = facts.imageSize();
        return new Problem(
                Problem.BAD,
                where,
                what,
                "send \"" + Protocol.INPUT + "\" as UINT8 pixels [N, " + size + ", " + size
                        + ", 3] or as normalised FP32 [N, 3, " + size + ", " + size + "]");
    }

    /** The planes of an image's pixels, [3, S, S] of [S, S, 3]. */
    private byte[] planes(float[] image, int from) {
        byte[] planes = new byte[image.length];
        int plane = image.length / CHANNELS;
        for (int i = 0; i < image.length; i++) {
            int value = (int) image[i];
            if (value != image[i] || value < 0 || value > WHITE) {
                throw bad("inputs[0].data[" + (from + i) + "]", "is no whole number from 0 to 255");
            }
            planes[i % CHANNELS * plane + i / CHANNELS] = (byte) value;
        }
        return planes;
    }

    private Reply reply(InferRequest request, List<Prediction> made) {
        if (!made.stream().allMatch(Prediction::isFinite)) {
            throw new Problem(
                    Problem.UNPROCESSABLE,
                    "inputs[0].data",
                    "leads to scores that are no numbers",
                    "send images normalised by the network's mean and deviation");
        }
        int labels = facts.labels().size();
        Map<String, Output> all = new LinkedHashMap<>();
        int[] shape = {made.size(), labels};
        float[] scores = new float[made.size() * labels];
        float[] probabilities = new float[scores.length];
        boolean[] rejected = new boolean[made.size()];
        for (int i = 0; i < made.size(); i++) {
            float[] row = made.get(i).scores();
            Scores of = new Scores(row);
            double[] shares = facts.calibration().probabilities(of);
            rejected[i] = facts.calibration().rejects(shares[of.predicted()]);
            for (int label = 0; label < labels; label++) {
                scores[i * labels + label] = row[label];
                probabilities[i * labels + label] = (float) shares[label];
            }
        }
        all.put(Protocol.SCORES, new Output(Protocol.SCORES, Protocol.NORMALISED, shape, scores));
        all.put(Protocol.PROBABILITIES, new Output(Protocol.PROBABILITIES, Protocol.NORMALISED, shape, probabilities));
        all.put(Protocol.REJECTED, new Output(Protocol.REJECTED, Protocol.BOOLEAN, new int[] {made.size()}, rejected));
        List<String> asked = request.outputs().isEmpty() ? Protocol.outputs(facts) : request.outputs();
        List<Output> outputs = asked.stream()
                .map(output -> Objects.requireNonNull(all.get(output)))
                .toList();
        String id = Objects.requireNonNullElseGet(
                request.id(), () -> UUID.randomUUID().toString());
        return Reply.json(Reply.OK, new Answer(name, Protocol.VERSION, id, outputs));
    }
}
