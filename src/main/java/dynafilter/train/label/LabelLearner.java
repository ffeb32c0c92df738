package dynafilter.train.label;

import dynafilter.model.DynamicFilterNetwork;
import dynafilter.model.NetworkShape;
import dynafilter.runfolder.ScheduleKind;
import dynafilter.runtime.ComputeDevice;
import dynafilter.runtime.NativeOwner;
import dynafilter.runtime.Precision;
import dynafilter.train.WorkingParameters;
import dynafilter.train.optim.AdamW;
import dynafilter.train.optim.FlatParameters;
import dynafilter.train.optim.Schedule;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Learns the embedding of one more label for a trained network, of which nothing else changes: embedding, generator, filter,
 * response map, predictor, score. The other labels' scores of the same images are constants, so that the softmax cross-entropy
 * over all labels is a logistic loss of the new score against the log-sum-exp of the old ones.
 */
public final class LabelLearner {
    private final DynamicFilterNetwork network;
    private final Settings settings;
    private final ComputeDevice device;

    /**
     * @param steps of AdamW over all examples at once, at most
     * @param learningRate the first; it falls to zero as half a cosine
     * @param oldWeight how much all images of old labels count together, where those of the new one count 1
     */
    public record Settings(int steps, double learningRate, double oldWeight) {}

    /** @param network not closed with this */
    public LabelLearner(DynamicFilterNetwork network, Settings settings, ComputeDevice device) {
        this.network = network;
        this.settings = settings;
        this.device = device;
    }

    /**
     * Learns from images of the new label, and of old ones where there are some. Where there are none, nothing but an early end
     * keeps the label from claiming all images: it ends as soon as half of its own are won.
     *
     * @param start where the embedding starts: [1, E]
     * @param others null for none
     * @return [1, E], on the device; the caller closes it
     */
    public Tensor learn(Tensor start, LabelExamples own, LabelExamples others) {
        try (FlatParameters parameters =
                        new FlatParameters(Map.of(NetworkShape.EMBEDDING, start), name -> true, device);
                WorkingParameters working = new WorkingParameters(parameters, Precision.FP32, name -> false);
                AdamW optimizer = new AdamW(parameters, 0);
                PointerScope scope = new PointerScope()) {
            Schedule schedule = Schedule.of(ScheduleKind.COSINE, settings.learningRate, 0, settings.steps);
            Tensor embedding = working.state().get(NetworkShape.EMBEDDING);
            Rivals mine = Rivals.of(own);
            Rivals theirs = others == null ? null : Rivals.of(others);
            for (int step = 0; step < settings.steps && (others != null || !winsHalf(embedding, own)); step++) {
                try (PointerScope inner = new PointerScope()) {
                    optimizer.setLearningRate(schedule.learningRate(step));
                    loss(network.filtersOf(embedding), mine, theirs).backward();
                    working.collectGradients(true);
                    optimizer.step();
                }
            }
            try (NoGradGuard guard = new NoGradGuard()) {
                return NativeOwner.outliveScope(embedding.detach().clone());
            }
        }
    }

    /**
     * Where an embedding starts that nothing better is known of: the mean of the old labels' embeddings, weighted by how much
     * the network takes the new label's images for theirs.
     *
     * @param embeddings [K, E]
     * @return [1, E], in the caller's scope
     */
    public static Tensor mixture(Tensor embeddings, LabelExamples own) {
        try (NoGradGuard guard = new NoGradGuard()) {
            return shares(own).unsqueeze(0).matmul(embeddings);
        }
    }

    /** How much the network takes images for those of its labels, on average: [K], in the caller's scope. */
    public static Tensor shares(LabelExamples own) {
        return own.scores().softmax(1).mean(0);
    }

    private boolean winsHalf(Tensor embedding, LabelExamples own) {
        return 2 * won(embedding, own) >= own.size();
    }

    /** How many images the label with this embedding would win. */
    public long won(Tensor embedding, LabelExamples images) {
        try (PointerScope scope = new PointerScope();
                NoGradGuard guard = new NoGradGuard()) {
            Tensor score = network.scoresOf(images.features(), network.filtersOf(embedding)); // [N, 1]
            return score.gt(images.scores().amax(new long[] {1}, true)).sum().item_long();
        }
    }

    /** Features of images, and what a new score there has to beat or stay below: [N]. */
    private record Rivals(Tensor features, Tensor old) {
        static Rivals of(LabelExamples examples) {
            return new Rivals(examples.features(), examples.scores().logsumexp(1));
        }
    }

    private Tensor loss(Tensor filter, Rivals own, Rivals others) {
        Tensor missed = torch.softplus(lead(filter, own).neg()).mean();
        if (others == null) {
            return missed;
        }
        Tensor claimed = torch.softplus(lead(filter, others)).mean();
        return missed.add(claimed, new Scalar(settings.oldWeight)).div(new Scalar(1 + settings.oldWeight));
    }

    /** How far the new score is above the old ones: [N]. */
    private Tensor lead(Tensor filter, Rivals images) {
        return network.scoresOf(images.features, filter).squeeze(1).sub(images.old);
    }
}
