package dynafilter.serve;

import com.fasterxml.jackson.annotation.JsonInclude;
import dynafilter.model.Calibration;
import dynafilter.model.Scores;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.eclipse.jetty.util.Fields;
import org.jspecify.annotations.Nullable;

/** {@code POST /classify}: a picture's labels, the likeliest first. */
final class ClassifyEndpoint implements BodyEndpoint {
    private static final int TOP = 5;

    /**
     * The answer.
     *
     * @param answer the likeliest label, or that it is none of these; null: the network rejects no picture
     * @param rejected true: the picture is of none of the labels; false: it is of one; null: the network rejects no picture
     * @param predictions the likeliest labels of every picture, of rejected ones, too
     */
    record Answer(
            String model,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            String answer,

            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable
            Boolean rejected,

            List<Label> predictions,
            @Nullable Maps responseMaps) {}

    /** A label with its score (logit) and its probability. */
    record Label(String label, int index, float score, double probability) {}

    /**
     * The response maps of a picture.
     *
     * @param values [count, height, width]
     * @param pixels the square that the network saw, [S, S, 3] of 0 to 255
     */
    @SuppressWarnings("ArrayRecordComponent") // written out; compared by nobody
    record Maps(int count, int heads, int height, int width, float[] values, int imageSize, byte[] pixels) {}

    private final String name;
    private final ModelFacts facts;
    private final Limits limits;
    private final PictureReader reader;

    ClassifyEndpoint(ServeSettings settings, ModelFacts facts, Limits limits) {
        name = settings.name();
        this.facts = facts;
        this.limits = limits;
        reader = new PictureReader(facts.imageSize(), settings.exif(), settings.maxPixels());
    }

    @Override
    public int bodyLimit() {
        return limits.pictureBody();
    }

    @Override
    public CompletableFuture<Reply> answer(Call call, Batcher.Ticket ticket) {
        int top = top(call.query());
        boolean maps = maps(call.query());
        String type = call.header("Content-Type");
        byte[] content =
                type != null && MultipartBody.isType(type) ? MultipartBody.picture(call.body(), type) : call.body();
        Picture.Pixels picture = reader.read(content);
        return ticket.submit(List.of(picture), maps)
                .thenApply(made -> Reply.json(Reply.OK, answer(made.get(0), picture, top)));
    }

    private static int top(Fields query) {
        String value = query.getValue("top");
        if (value == null) {
            return TOP;
        }
        try {
            int top = Integer.parseInt(value);
            if (top > 0) {
                return top;
            }
        } catch (NumberFormatException wrong) {
            // Told below.
        }
        throw new Problem(
                Problem.BAD, "the parameter top", "is no whole number above 0", "leave it out for " + TOP + " labels");
    }

    private boolean maps(Fields query) {
        String value = query.getValue("maps");
        if (value == null || value.equals("false")) {
            return false;
        }
        if (!value.equals("true")) {
            throw new Problem(Problem.BAD, "the parameter maps", "is neither true nor false", "leave it out for none");
        }
        if (facts.maps() == null) {
            throw new Problem(
                    Problem.BAD,
                    "the parameter maps",
                    "asks for response maps, which this network's file does not give",
                    "leave it out, or serve a checkpoint");
        }
        return true;
    }

    private Answer answer(Prediction made, Picture.Pixels picture, int top) {
        Scores scores = new Scores(made.scores());
        Calibration calibration = facts.calibration();
        double[] probabilities = calibration.probabilities(scores);
        int best = scores.predicted();
        boolean rejected = calibration.rejects(probabilities[best]);
        String answer = rejected ? Calibration.REJECTED : facts.labels().get(best);
        List<Label> labels = new ArrayList<>();
        for (int label : scores.ranking().stream().limit(top).toList()) {
            labels.add(new Label(facts.labels().get(label), label, made.scores()[label], probabilities[label]));
        }
        ModelFacts.MapShape shape = facts.maps();
        float[] values = made.maps();
        Maps maps = shape == null || values == null
                ? null
                : new Maps(
                        shape.count(),
                        shape.heads(),
                        shape.height(),
                        shape.width(),
                        values,
                        facts.imageSize(),
                        interleaved(picture.planes()));
        return calibration.canReject()
                ? new Answer(name, answer, rejected, labels, maps)
                : new Answer(name, null, null, labels, maps);
    }

    /** [S, S, 3] of [3, S, S]. */
    private static byte[] interleaved(byte[] planes) {
        byte[] pixels = new byte[planes.length];
        int plane = planes.length / 3;
        for (int i = 0; i < planes.length; i++) {
            pixels[i] = planes[i % 3 * plane + i / 3];
        }
        return pixels;
    }
}
